"""Sentences, and how what they name is spelt."""
