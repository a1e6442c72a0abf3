"""Stand-ins for the ports of the use cases and of the status messages, shared by the unit tests."""
