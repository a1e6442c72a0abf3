"""What is kept of members in memory for a while, so that nobody's crowd pushes out what another keeps."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    user_id: int
    size: int
    kept_s: float


class MemberCache(Generic[T]):
    """Values by key, each of one member. Past `most_each` the member's own oldest goes; past `max_size` of
    all together the oldest of whoever holds most. The newest stays, whatever it holds."""

    def __init__(
        self, monotonic: Callable[[], float], *, most_each: int, max_size: int, life_s: float = inf
    ) -> None:
        self._monotonic = monotonic
        self._most_each = most_each
        self._max_size = max_size
        self._life_s = life_s
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()  # oldest first, as in each member's own
        self._own: defaultdict[int, OrderedDict[Hashable, None]] = defaultdict(OrderedDict)
        self._sizes: Counter[int] = Counter()  # by member

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, key: Hashable, user_id: int, value: T, size: int) -> None:
        """Keep it as the newest, whether it was kept before or not."""
        self.pop(key)
        self._kept[key] = _Kept(value, user_id, size, self._monotonic())
        self._own[user_id][key] = None
        self._sizes[user_id] += size
        self._let_go(key)

    def get(self, key: Hashable) -> T | None:
        self._let_go()
        kept = self._kept.get(key)
        return kept.value if kept is not None else None

    def change(self, key: Hashable, value: T) -> None:
        """Another value in the place of one that is kept; it stays as old and as large as it was."""
        self._kept[key].value = value

    def pop(self, key: Hashable) -> T | None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return None
        del self._own[kept.user_id][key]
        self._sizes[kept.user_id] -= kept.size
        if not self._own[kept.user_id]:
            del self._own[kept.user_id], self._sizes[kept.user_id]
        return kept.value

    def _let_go(self, newest: Hashable | None = None) -> None:
        too_old_s = self._monotonic() - self._life_s
        while self._kept and next(iter(self._kept.values())).kept_s <= too_old_s:
            self.pop(next(iter(self._kept)))
        if newest is None:
            return
        own = self._own[self._kept[newest].user_id]
        while len(own) > self._most_each:
            self.pop(next(iter(own)))
        while len(self._kept) > 1 and self._sizes.total() > self._max_size:
            self.pop(self._most_dispensable(newest))

    def _most_dispensable(self, newest: Hashable) -> Hashable:
        """The oldest of whoever holds most, unless it is the newest of all."""
        for user_id, _ in self._sizes.most_common():
            oldest = next(iter(self._own[user_id]))
            if oldest != newest:
                return oldest
        raise AssertionError("only the newest is left")
