"""The first schema.

Written out in plain column types and never changed again: the models move on, what is installed somewhere does not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_MEASURED = sa.text("blocked_by IS NULL")


def upgrade() -> None:
    _subject()
    _run()
    _result()
    _attestation()
    _waiver()
    _report()
    _post()
    _ledger()


def downgrade() -> None:
    for table in ("ledger", "post", "report", "waiver", "attestation", "result", "run", "subject"):
        op.drop_table(table)


def _subject() -> None:
    op.create_table(
        "subject",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("environment", sa.String(80), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("shown", sa.JSON, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("release", sa.String, nullable=True),
        sa.Column("verdict", sa.String(20), nullable=True),
        sa.Column("score", sa.Float, nullable=True),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("states", sa.JSON, nullable=False),
        sa.Column("claimed_by", sa.String, nullable=True),
        sa.Column("claimed_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_run_environment", "run", ["environment", "id"])
    op.create_index("ix_run_state", "run", ["state"])


def _result() -> None:
    op.create_table(
        "result",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("environment", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("blocked_by", sa.String, nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "item", name="uq_result_run_item"),
    )
    op.create_index("ix_result_at", "result", ["at"])
    op.create_index("ix_result_history", "result", ["environment", "item", "id"])
    op.create_index(
        "ix_result_latest", "result", ["environment", "item", "id"], sqlite_where=_MEASURED, postgresql_where=_MEASURED
    )


def _attestation() -> None:
    op.create_table(
        "attestation",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("environment", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String, nullable=True),
        sa.Column("evidence", sa.Text, nullable=True),
        sa.Column("note", sa.Text, nullable=True),
        sa.Column("took", sa.Float, nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME, nullable=True),
        sa.Column("withdrawn_by", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attestation_latest", "attestation", ["environment", "item", "id"])


def _waiver() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("environment", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME, nullable=True),
        sa.Column("withdrawn_by", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_waiver_latest", "waiver", ["environment", "item", "id"])


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("environment", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("environment", "item", "key", name="uq_report_key"),
    )
    op.create_index("ix_report_latest", "report", ["environment", "item", "id"])


def _post() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("platform", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(80), nullable=False),
        sa.Column("message", sa.String, nullable=True),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("claimed_by", sa.String, nullable=True),
        sa.Column("claimed_until", _TIME, nullable=True),
        sa.Column("given_up", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["subject.key"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject", "platform", "channel", name="uq_post_place"),
    )
    op.create_index("ix_post_platform", "post", ["platform"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("verb", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prev_hash", name="uq_ledger_prev_hash"),
    )
