"""Proves that a backup can be restored: python3 restore_backup.py BACKUP

Restores it into a new database, in memory, and says as JSON what is in it. A check of the kind `command` in
readiness.yaml runs this file; it needs nothing but Python's standard library.
"""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def restore(backup: Path) -> dict[str, object]:
    """What a database restored from `backup` holds. Raises sqlite3.Error when it cannot be restored."""
    address = f"{backup.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(":memory:")) as restored:
        source.backup(restored)
        (integrity,) = restored.execute("PRAGMA integrity_check").fetchone()
        (orders,) = restored.execute("SELECT count(*) FROM orders").fetchone()
    return {"integrity": integrity, "orders": orders}


if __name__ == "__main__":
    try:
        print(json.dumps(restore(Path(sys.argv[1]))))
    except (sqlite3.Error, IndexError) as reason:
        sys.exit(f"the backup cannot be restored: {reason}")
