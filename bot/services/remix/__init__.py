"""A new run made from an old one."""
