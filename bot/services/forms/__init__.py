"""The forms of /run, filled in step by step."""
