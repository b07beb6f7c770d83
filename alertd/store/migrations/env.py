"""Alembic's entry: migrates the connection that `alertd.store.schema` hands over, in its transaction."""

from alembic import context

from alertd.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite too: the transaction is ours, so a failed migration leaves nothing behind
)
with context.begin_transaction():
    context.run_migrations()
