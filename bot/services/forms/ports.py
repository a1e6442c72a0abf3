"""What forms need: a home while they are filled in, and what a member filled in before."""

from __future__ import annotations

from typing import Final, Protocol

from bot.domain.request.form import Typed
from bot.domain.request.form_state import FormState
from bot.domain.request.origin import Origin

MAX_MODELS: Final = 50  # of one member; the oldest go


class LastValues(Protocol):
    """What members last filled in, for each of MAX_MODELS latest. Raises the StoreError family.

    Models stand in lower case.
    """

    async def last_values(self, user_id: int, model: str) -> Typed | None: ...

    async def keep_last_values(self, user_id: int, model: str, typed: Typed, at_s: float) -> None: ...


class OpenForms(Protocol):
    """Every open form, its owner's alone. A form is let go of when its card cannot be edited any more."""

    def keep(self, state: FormState) -> None:
        """Keep the form as it is now, shown anew."""
        ...

    def of(self, form_id: int, user_id: int) -> FormState:
        """Raises FormGone, NotYours."""
        ...

    def spend(self, form_id: int, user_id: int, runs: int) -> FormState:
        """The form for one run, and for no other press until `release`. Raises FormBusy, FormGone, NotYours.

        `runs` is what the pressed button counted: a press from before the newest run is a second one.
        """
        ...

    def release(self, form_id: int, started: Origin | None = None) -> None:
        """The run that the form was spent for has started at this place, or has not."""
        ...
