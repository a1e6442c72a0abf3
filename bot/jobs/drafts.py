"""Forms that members are filling in: in memory, each its owner's alone, the oldest let go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.draft import Draft
from bot.domain.errors import FormBusy, FormGone, NotYours
from bot.domain.job import Origin

LIFE_S: Final = 14 * 60.0  # Discord drops the token that its card is edited with after 15 minutes
MAX_DRAFTS: Final = 1_000
MAX_CHARS: Final = 8_000_000  # of all drafts together; the oldest go first


@dataclass(slots=True)
class _Kept:
    draft: Draft
    shown_s: float = field(default=0.0)


class Drafts:
    """Every open form. `monotonic` tells the age of a form since its card was last shown anew."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        max_drafts: int = MAX_DRAFTS,
        max_chars: int = MAX_CHARS,
    ) -> None:
        self._monotonic = monotonic
        self._max_drafts = max_drafts
        self._max_chars = max_chars
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, draft: Draft) -> None:
        """Keep the draft as it is now, shown anew."""
        self._kept[draft.draft_id] = _Kept(draft, self._monotonic())
        self._kept.move_to_end(draft.draft_id)
        self._let_go()

    def of(self, draft_id: int, user_id: int) -> Draft:
        """Raises FormGone, NotYours."""
        self._let_go()
        kept = self._kept.get(draft_id)
        if kept is None:
            raise FormGone
        if kept.draft.user_id != user_id:
            raise NotYours
        return kept.draft

    def spend(self, draft_id: int, user_id: int, runs: int) -> Draft:
        """The draft for one run, and for no other press until `release`. Raises FormBusy, FormGone, NotYours.

        `runs` is what the pressed button counted: a press from before the newest run is a second one.
        """
        draft = self.of(draft_id, user_id)
        if draft.is_starting or draft.runs != runs:
            raise FormBusy
        self._change(replace(draft, is_starting=True))
        return draft

    def release(self, draft_id: int, started: Origin | None = None) -> None:
        """The run that the draft was spent for has started at this place, or has not."""
        kept = self._kept.get(draft_id)
        if kept is None:
            return
        draft = replace(kept.draft, is_starting=False)
        if started is not None:
            draft = replace(draft, runs=draft.runs + 1, origin=started)
        self._change(draft)

    def _change(self, draft: Draft) -> None:
        self._kept[draft.draft_id].draft = draft

    def _let_go(self) -> None:
        """Past their age, or more than may be kept; the newest stays whatever it holds."""
        too_old_s = self._monotonic() - LIFE_S
        chars = sum(kept.draft.chars for kept in self._kept.values())
        while self._kept:
            oldest = next(iter(self._kept.values()))
            is_too_many = len(self._kept) > self._max_drafts or chars > self._max_chars
            if oldest.shown_s > too_old_s and (not is_too_many or len(self._kept) == 1):
                return
            chars -= oldest.draft.chars
            self._kept.popitem(last=False)
