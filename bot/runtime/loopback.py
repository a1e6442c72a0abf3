"""The names by which a machine speaks to itself: for them alone an unencrypted address will do."""

from typing import Final

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
