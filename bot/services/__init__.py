"""The use cases, a folder each; they act, and know the world through their ports alone."""
