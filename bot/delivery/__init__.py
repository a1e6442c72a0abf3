"""What brings cards and answers to Discord: edits, budgets, channels, verification."""
