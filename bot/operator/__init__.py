"""What the operator runs and reads: check, backup, restore."""
