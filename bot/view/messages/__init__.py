"""Status messages on Discord: their edits, the ways to them, and the limits and refusals on those."""
