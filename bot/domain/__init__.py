"""The pure core: values, states and decisions. Standard library only, no I/O, no clock."""
