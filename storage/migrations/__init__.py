"""The schema's history. REVISIONS says it without importing Alembic, which start-up would pay for each time."""

from __future__ import annotations

from typing import Final

REVISIONS: Final = ("0001", "0002")
HEAD: Final = REVISIONS[-1]
