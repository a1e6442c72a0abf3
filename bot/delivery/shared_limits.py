"""The limit of a channel that no header shows: met, absent, or not yet known. Endings come first in it.

All edits of a channel may count to one limit of 30 in 60 s, which shows itself only by a 429 with the scope
"shared" (discord-api-docs issues 1454, 4043, 7243; whether edits are counted is written nowhere, Nov 2026).
So every edit is counted from the first: in windows that open with an edit, as Discord's other limits have
them, and where a refusal contradicts that, in the minute that ends now. Where the limit was met, passing
states take a third of it at most. Until some channel has taken more than the limit allows, a crowd is treated
like that for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

PER_MINUTE: Final = 30
PROGRESS_PER_MINUTE: Final = 10
MARGIN_S: Final = 0.5  # Discord counts what arrives, we what leaves
MINUTE_S: Final = 60.0 + MARGIN_S
MEMORY_S: Final = 600.0  # a limit that was met is believed in for so long
CROWD: Final = 30  # open messages whose endings fit into one window
CAREFUL_S: Final = 20.0  # about as long as pictures take: their endings find out
AGAIN_S: Final = 1.0  # then a passing state that is held up looks again
MAX_CHANNELS: Final = 4096


@dataclass(slots=True)
class _Channel:
    open_messages: int = 0
    waiting_finals: int = 0
    met_at_s: float = float("-inf")
    blocked_until_s: float = float("-inf")
    crowded_since_s: float = float("inf")
    opened_s: float = float("-inf")  # the window of the last edit
    sent_in_window: int = 0
    is_sliding: bool = False  # there are no windows: what was sent in the last minute counts
    sent_s: deque[float] = field(default_factory=lambda: deque(maxlen=PER_MINUTE))
    progress_sent_s: deque[float] = field(default_factory=lambda: deque(maxlen=PROGRESS_PER_MINUTE))
    taken_s: deque[float] = field(default_factory=lambda: deque(maxlen=PER_MINUTE + 1))

    def closes_s(self) -> float:
        """When the window of the last edit ends: a refusal tells it, else it is a minute long."""
        is_told = self.blocked_until_s > self.opened_s
        return self.blocked_until_s if is_told else self.opened_s + MINUTE_S

    def free_s(self) -> float:
        """When one more edit may leave."""
        if self.is_sliding:
            return max(self.blocked_until_s, _free_s(self.sent_s))
        is_full = self.sent_in_window >= PER_MINUTE or self.blocked_until_s > self.opened_s
        return self.closes_s() if is_full else float("-inf")


class SharedLimits:
    """One for all channels. Times are monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._channels: dict[int, _Channel] = {}
        self._is_absent = False  # more was taken within a minute, and nothing was refused since

    def opened(self, channel_id: int) -> None:
        """There is one more message whose ending is to come."""
        channel = self._channel(channel_id)
        channel.open_messages += 1
        if channel.open_messages == CROWD + 1:
            channel.crowded_since_s = self._monotonic()

    def closed(self, channel_id: int) -> None:
        self._channel(channel_id).open_messages -= 1

    @contextmanager
    def final_waits(self, channel_id: int) -> Iterator[None]:
        """Within the block passing states hold back."""
        channel = self._channel(channel_id)
        channel.waiting_finals += 1
        try:
            yield
        finally:
            channel.waiting_finals -= 1

    def claim(self, channel_id: int, *, is_final: bool) -> None:
        """An edit is about to leave, with no wait since its `pause_s` was zero."""
        channel, now_s = self._channel(channel_id), self._monotonic()
        if now_s >= channel.closes_s():
            channel.opened_s, channel.sent_in_window = now_s, 0
        channel.sent_in_window += 1
        channel.sent_s.append(now_s)
        if not is_final:
            channel.progress_sent_s.append(now_s)

    def taken(self, channel_id: int) -> None:
        """Discord took an edit."""
        if self._is_absent:
            return
        taken_s = self._channel(channel_id).taken_s
        taken_s.append(self._monotonic())
        self._is_absent = len(taken_s) > PER_MINUTE and taken_s[-1] - taken_s[0] < MINUTE_S - 1

    def refused(self, channel_id: int, retry_after_s: float) -> None:
        """Discord refused an edit with a 429 of the scope "shared"."""
        channel, now_s = self._channel(channel_id), self._monotonic()
        if now_s - channel.met_at_s > MEMORY_S:
            channel.is_sliding = False
        elif now_s > channel.blocked_until_s and channel.sent_in_window <= PER_MINUTE:
            channel.is_sliding = True
        channel.met_at_s, channel.blocked_until_s = now_s, now_s + retry_after_s
        self._is_absent = False
        for other in self._channels.values():
            other.taken_s.clear()

    def pause_s(self, channel_id: int, *, is_final: bool) -> float:
        """How long an edit should wait for this limit; zero means go."""
        channel = self._channels.get(channel_id)
        if channel is None:
            return 0.0
        now_s = self._monotonic()
        is_met = now_s - channel.met_at_s <= MEMORY_S
        if is_met:
            free_s = channel.free_s()
            if is_final or now_s < free_s:
                return max(0.0, free_s - now_s)
        elif is_final or not self._is_to_be_feared(channel, now_s):
            return 0.0
        pause_s = AGAIN_S if channel.waiting_finals else max(0.0, _free_s(channel.progress_sent_s) - now_s)
        return pause_s if is_met else min(pause_s, AGAIN_S)  # its absence may be proven at any moment

    def _is_to_be_feared(self, channel: _Channel, now_s: float) -> bool:
        """A limit that may be there. After a while of scant news it is worth finding out."""
        is_crowd = channel.open_messages > CROWD
        return is_crowd and not self._is_absent and now_s - channel.crowded_since_s < CAREFUL_S

    def _channel(self, channel_id: int) -> _Channel:
        channel = self._channels.get(channel_id)
        if channel is None:
            if len(self._channels) >= MAX_CHANNELS:
                self._forget()
            channel = self._channels[channel_id] = _Channel()
        return channel

    def _forget(self) -> None:
        past_s = self._monotonic() - MEMORY_S
        self._channels = {
            channel_id: channel
            for channel_id, channel in self._channels.items()
            if channel.open_messages or channel.waiting_finals or channel.met_at_s > past_s
        }


def _free_s(sent_s: deque[float]) -> float:
    """When one more may leave, a minute after the oldest of as many as may leave in one."""
    return sent_s[0] + MINUTE_S if len(sent_s) == sent_s.maxlen else float("-inf")
