"""What is on record: tables, the unit of work, the ledger. Knows nothing of the bot."""
