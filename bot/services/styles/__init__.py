"""Words that are put around prompts."""
