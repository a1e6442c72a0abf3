"""An engine beside the real ones, whose abilities can be switched."""
