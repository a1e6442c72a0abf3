"""What is told of the past: usage, history, reconciliation."""
