"""The presets that look into a database: real SQLite, real PostgreSQL."""

from __future__ import annotations

from tests.presets.cases import ERROR, FAIL, PASS, Case
from tests.presets.standins import Nothing, Postgres, Sqlite

DATABASE = {"url": "{database}"}
MIGRATIONS = """
    CREATE TABLE _prisma_migrations (
        id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMP,
        migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMP,
        started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, applied_steps_count INTEGER NOT NULL DEFAULT 0
    );
    INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, rolled_back_at) VALUES
        ('1', 'x', '20250101000000_init', CURRENT_TIMESTAMP, NULL),
        ('2', 'x', '20250202000000_orders', NULL, CURRENT_TIMESTAMP),
        ('3', 'x', '20250202000000_orders', CURRENT_TIMESTAMP, NULL);
"""
FAILED = """
    INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('4', 'x', '20250303000000_bad', 'boom');
"""
NONE = "DELETE FROM _prisma_migrations;"
LATEST = DATABASE | {"latest": "20250202000000_orders"}
PRISMA = [
    Case("migrations-prisma", PASS, Sqlite(MIGRATIONS), LATEST),
    Case("migrations-prisma", PASS, Postgres(MIGRATIONS), DATABASE),
    Case("migrations-prisma", FAIL, Postgres(MIGRATIONS), DATABASE | {"latest": "20250404000000_new"}, "orders"),
    Case("migrations-prisma", FAIL, Postgres(MIGRATIONS + FAILED), LATEST, "unfinished"),
    Case("migrations-prisma", FAIL, Sqlite(MIGRATIONS + NONE), DATABASE, "latest != null"),
    Case("migrations-prisma", ERROR, Postgres("SELECT 1"), DATABASE, "_prisma_migrations"),
    Case("migrations-prisma", ERROR, Nothing(), DATABASE),
]

TABLES = """
    CREATE TABLE "Order" (id INTEGER PRIMARY KEY, email TEXT, created_at TIMESTAMP, note TEXT);
    CREATE INDEX by_email ON "Order" (email, created_at);
    CREATE INDEX by_note ON "Order" (note) WHERE note IS NOT NULL;
"""
# What only PostgreSQL has: another schema, columns that an index merely carries along.
MORE = """
    CREATE SCHEMA billing;
    CREATE TABLE billing.invoice (id INTEGER, total INTEGER, due TIMESTAMP);
    CREATE UNIQUE INDEX ON billing.invoice (due) INCLUDE (total);
"""
ORDER = DATABASE | {"table": "Order", "columns": ["email", "created_at"]}
INVOICE = DATABASE | {"schema": "billing", "table": "invoice", "columns": "due"}
INDEXES = [
    *(
        case
        for world in (Sqlite(TABLES), Postgres(TABLES))
        for case in (
            Case("index-exists", PASS, world, ORDER),
            Case("index-exists", PASS, world, ORDER | {"columns": "email", "index": "by_email"}),
            Case("index-exists", FAIL, world, ORDER | {"index": "by_mail"}, "scalar >= 1, was 0"),
            Case("index-exists", FAIL, world, ORDER | {"columns": ["created_at"]}),
            Case("index-exists", FAIL, world, ORDER | {"columns": ["email", "created"]}),
            Case("index-exists", FAIL, world, ORDER | {"columns": ["note"]}),
            Case("index-exists", FAIL, world, ORDER | {"table": "x' OR '1'='1"}),
            Case("index-exists", FAIL, world, ORDER | {"schema": "elsewhere"}),
        )
    ),
    Case("index-exists", PASS, Postgres(TABLES + MORE), INVOICE),
    Case("index-exists", FAIL, Postgres(TABLES + MORE), INVOICE | {"columns": ["due", "total"]}),
    Case("index-exists", FAIL, Postgres(TABLES + MORE), INVOICE | {"schema": ""}),
    Case("index-exists", ERROR, Nothing(), ORDER),
]

LOCKED = """
    CREATE TABLE orders (id INTEGER); ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    CREATE SCHEMA private; CREATE TABLE private.notes (id INTEGER); CREATE VIEW seen AS SELECT 1;
"""
OPEN = "CREATE TABLE customers (id INTEGER); CREATE TABLE countries (id INTEGER);"
RLS = [
    Case("supabase-rls", PASS, Postgres(LOCKED), DATABASE),
    Case("supabase-rls", PASS, Postgres(LOCKED + OPEN), DATABASE | {"except": ["countries", "customers"]}),
    Case("supabase-rls", FAIL, Postgres(LOCKED + OPEN), DATABASE, "countries, customers"),
    Case("supabase-rls", FAIL, Postgres(LOCKED), DATABASE | {"schema": "private"}, "notes"),
    Case("supabase-rls", FAIL, Postgres("SELECT 1"), DATABASE, "tables"),
    Case("supabase-rls", ERROR, Nothing(), DATABASE),
]

BACKUPS = "CREATE TABLE backups (finished_at TIMESTAMP, status TEXT);"
OF_SQLITE = "INSERT INTO backups VALUES (datetime('now', '{}'), 'ok'), (datetime('now', '-9 days'), 'ok');"
OF_POSTGRES = "INSERT INTO backups SELECT now() AT TIME ZONE 'UTC' + interval '{}', 'ok';"
ZONED = """
    ALTER DATABASE shop SET timezone TO 'Asia/Tokyo';
    CREATE TABLE backups (finished_at TIMESTAMPTZ);
    INSERT INTO backups VALUES (now() - interval '1 hour');
"""
BACKUP = DATABASE | {"table": "backups"}
FRESH = [
    *(
        case
        for world, row in ((Sqlite, OF_SQLITE), (Postgres, OF_POSTGRES))
        for case in (
            Case("backup-fresh", PASS, world(BACKUPS + row.format("-25 hours")), BACKUP | {"where": "status = 'ok'"}),
            Case("backup-fresh", FAIL, world(BACKUPS + row.format("-27 hours")), BACKUP, "93600"),
            Case("backup-fresh", FAIL, world(BACKUPS + row.format("-25 hours")), BACKUP | {"within": "1d"}, "86400"),
            Case("backup-fresh", FAIL, world(BACKUPS + row.format("+2 hours")), BACKUP, "scalar > -60"),
            Case("backup-fresh", FAIL, world(BACKUPS), BACKUP, "was nothing"),
        )
    ),
    Case("backup-fresh", PASS, Postgres(ZONED), BACKUP | {"within": "2h"}),
    Case("backup-fresh", ERROR, Sqlite(BACKUPS), BACKUP | {"table": "backup"}),
    Case("backup-fresh", ERROR, Nothing(), BACKUP),
]
