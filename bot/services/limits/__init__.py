"""What may be spent, what a run would hold, and who is told when little is left."""
