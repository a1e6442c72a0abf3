"""Forms that members are filling in: in memory, each its owner's alone, each member's oldest let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.domain.discord_limits import TOKEN_LIFE_S
from bot.domain.request.form_state import FormState
from bot.domain.request.interactions import FormBusy, FormGone, NotYours
from bot.domain.request.origin import Origin
from bot.services.forms.ports import OpenForms
from bot.services.member_cache import MemberCache

LIFE_S: Final = TOKEN_LIFE_S  # of the token that its card is edited with
MOST_EACH: Final = 10
MAX_CHARS: Final = 8_000_000  # of all of them together
BARE_CHARS: Final = 500  # an empty one takes memory, too


class FormStates(OpenForms):
    """In the memory of this process; `monotonic` tells how long ago a form's card was shown anew."""

    def __init__(
        self, monotonic: Callable[[], float], *, most_each: int = MOST_EACH, max_chars: int = MAX_CHARS
    ) -> None:
        self._kept = MemberCache[FormState](monotonic, most_each=most_each, max_size=max_chars, life_s=LIFE_S)

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, state: FormState) -> None:
        self._kept.put(state.form_id, state.user_id, state, BARE_CHARS + state.chars)

    def of(self, form_id: int, user_id: int) -> FormState:
        state = self._kept.get(form_id)
        if state is None:
            raise FormGone
        if state.user_id != user_id:
            raise NotYours
        return state

    def spend(self, form_id: int, user_id: int, runs: int) -> FormState:
        state = self.of(form_id, user_id)
        if state.is_starting or state.runs != runs:
            raise FormBusy
        self._kept.change(form_id, replace(state, is_starting=True))
        return state

    def release(self, form_id: int, started: Origin | None = None) -> None:
        state = self._kept.get(form_id)
        if state is None:
            return
        state = replace(state, is_starting=False)
        if started is not None:
            state = replace(state, runs=state.runs + 1, origin=started)
        self._kept.change(form_id, state)
