"""Forms: opened as the acknowledgement, read when they come back, nothing kept in between."""
