"""The only place that knows SQL: one file, one connection, jobs and the append-only ledger."""
