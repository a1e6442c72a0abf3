"""Words for people: every sentence, and what members and Wiro wrote made harmless and short."""
