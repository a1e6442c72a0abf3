"""How much may be used: limits, windows, estimates and holds."""
