"""Python's garbage collector, told what this process is like."""

from __future__ import annotations

import gc
from typing import Final

# Objects made and not freed yet, and runs over the younger ones. By default 700, 10 and 10: a thousand
# commands at once set off collection after collection, a quarter of the time until the last of them was
# acknowledged (measured Nov 2026).
COLLECT_AFTER: Final = (50_000, 20, 100)


def spare_the_collector() -> None:
    """Once everything is read and wired: what is here by now stays, and need not be looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
