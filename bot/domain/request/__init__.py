"""What a member asks for: who, which words, files and values."""
