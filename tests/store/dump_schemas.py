"""`python -m tests.store.dump_schemas REVISION…`: put on file what a migration makes, on both databases.

Once a version is released, its files never change: they are what its users have.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from pathlib import Path

from alertd.store import migrate
from tests.doubles.postgres import Postgres

SCHEMAS = Path(__file__).with_name("schemas")
_NO_STATEMENT = re.compile(r"BEGIN TRANSACTION;|COMMIT;|.*sqlite_sequence.*")
_NO_CONTENT = re.compile(r"--.*|SET .*|SELECT pg_catalog.set_config.*|\\.*|\s*")


def sqlite(revision: str) -> str:
    """Every statement that makes an empty SQLite database of a revision."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        migrate(f"sqlite:///{file}", to=revision)
        connection = sqlite3.connect(file)
        statements = [each for each in connection.iterdump() if not _NO_STATEMENT.fullmatch(each)]
        connection.close()
    return "\n".join(statements) + "\n"


def postgresql(revision: str, server: Postgres) -> str:
    """Every statement that makes an empty PostgreSQL database of a revision."""
    url = server.new_database()
    migrate(url, to=revision)
    where = ("-h", "127.0.0.1", "-p", str(server.port), "-U", server.user)
    options = ("--inserts", "--no-owner", "--no-privileges")
    dumped = server.run("pg_dump", *where, *options, url.rpartition("/")[2])
    return "\n".join(line for line in dumped.splitlines() if not _NO_CONTENT.fullmatch(line)) + "\n"


def main() -> None:
    """Write the files of the revisions named."""
    server = Postgres()
    try:
        server.start()
        for revision in sys.argv[1:]:
            (SCHEMAS / f"{revision}.sqlite.sql").write_text(sqlite(revision), encoding="utf-8")
            (SCHEMAS / f"{revision}.postgresql.sql").write_text(postgresql(revision, server), encoding="utf-8")
            print(f"schema {revision} is on file")
    finally:
        server.close()


if __name__ == "__main__":
    main()
