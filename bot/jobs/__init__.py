"""The use cases: submit, follow, track, queue, recover. They know the world only through ports."""
