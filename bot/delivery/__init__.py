"""The way of cards and answers to Discord: edits, budgets, channels, verification."""
