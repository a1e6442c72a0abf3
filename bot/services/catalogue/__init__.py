"""Which models there are, and what one takes."""
