"""A model's form that a member is filling in, and what its card shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.catalogue.model import Model
from bot.domain.money import Money
from bot.domain.request.files import InputFile
from bot.domain.request.form import Complaint
from bot.domain.request.origin import Origin


@dataclass(frozen=True, slots=True)
class FormState:
    """One form as far as it is filled in. `typed` holds texts exactly as they were typed, wrong ones too.

    `runs` counts the jobs that it has started; `origin` is where the newest of them is. `left_out` are
    values of an earlier form that the model does not take any more.
    """

    form_id: int
    user_id: int
    model: Model
    typed: Mapping[str, tuple[str, ...]]
    files: tuple[InputFile, ...] = ()
    is_private: bool = False
    left_out: tuple[Complaint, ...] = ()
    runs: int = 0
    origin: Origin | None = None
    is_starting: bool = False

    @property
    def chars(self) -> int:
        """About how much memory its texts take."""
        return sum(len(text) for texts in self.typed.values() for text in texts)


@dataclass(frozen=True, slots=True)
class Form:
    """What a form's card shows. `usual_s` is how long a run usually takes, where that is known."""

    state: FormState
    complaints: tuple[Complaint, ...]
    price: Money
    usual_s: float | None
