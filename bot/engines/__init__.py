"""What makes outputs: the port, and one folder for each engine behind it."""
