"""What members and moderators may read, export and have erased."""
