"""Where everything lives: SQLite for one machine, PostgreSQL for several, one implementation for both.

Shape. A case is decided as a whole, so it is stored as a whole: `cases.state` holds its runs, clocks, alerts and cross
rows as one document, written under a revision that grows by one. Beside it stand small tables by which things are
*found*: strong tokens (one case each, the fence against two machines making two cases), other tokens, statuses by what
they are about, cross rows by leaf and key, alerts by code, obligations by name and time. Every one is read by an index,
so that a message costs the same among a thousand cases and among a million.

Privacy. Message content is sealed under a data key, one a case, kept wrapped in `keys`; identifiers exist only as keyed
hashes (`keys`). Removing a key erases what it sealed.

Transactions. Readers see one moment. A writer holds decisions back until it ends or reads; then they are checked
(revisions, strong tokens, look-ups used) and written together, a statement a table. SQLite has one writer at a time, by
rank; PostgreSQL's take their locks in one order: tokens and keys, cases, rows by key, counters last.

A module reads (`reading_*`, `closure`) or writes (`writing_*`) one kind of thing; `database` composes them.
"""

from alertd.store.database import SqlStore, open_store
from alertd.store.keys import Keyring, load_master, new_master
from alertd.store.schema import check_schema, migrate

__all__ = ["Keyring", "SqlStore", "check_schema", "load_master", "migrate", "new_master", "open_store"]
