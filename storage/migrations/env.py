"""What Alembic runs: always on a connection that `storage.upgrade` opened and whose transaction it owns."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import storage.records  # noqa: F401  (fills the metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
)
context.run_migrations()
