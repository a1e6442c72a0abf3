"""The store of one process: a SQLite file."""
