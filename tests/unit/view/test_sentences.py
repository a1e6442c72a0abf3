"""Every failure has words for people: one text, no traceback, no secret."""

from __future__ import annotations

import dataclasses
import enum
import sys
import typing
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, Parameter
from bot.domain.errors import BotError, DatabaseFull, DatabaseUnavailable, Refusal, StoreError
from bot.domain.job.errors import NotPermitted
from bot.domain.job.job import Cause, Stage
from bot.domain.limits.limit import LimitReached
from bot.domain.money import PICO_PER_DOLLAR, Money
from bot.domain.request.errors import OptionRefused, OptionsConflict, PromptFault, PromptRefused
from bot.domain.request.form import Complaint, FieldFault
from bot.engines.port import EngineError
from bot.view.text.endings import ending
from bot.view.text.sentences import UNFORESEEN, sentence
from tests.support.samples import NOON_S, a_job

SECRET = "key-5f3a9c"
UNFIT_FOR_PEOPLE = ("Traceback", "Exception", "Error", "None", SECRET, "0x", "PromptFault", "Cause.", "errno")


def every(kind: type[BotError]) -> list[type[BotError]]:
    found = [kind]
    for sub in kind.__subclasses__():
        found += every(sub)
    return list(dict.fromkeys(found))


def values_for(owner: type[BotError], field: dataclasses.Field[Any], *, is_secret: bool) -> list[Any]:
    """Sample values for a field, by its annotation; an enum gives every member."""
    kind = getattr(sys.modules[owner.__module__], str(field.type), None)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return list(kind)
    words = SECRET if is_secret else "steps"
    samples = {"str": [words], "int": [7], "bool": [False, True], "float": [1.5]}
    samples["tuple[Complaint, ...]"] = [
        tuple(Complaint(Parameter(words, Kind.WHOLE), fault, words) for fault in FieldFault)
    ]
    if str(field.type) in samples:
        return samples[str(field.type)]
    assert field.default is not dataclasses.MISSING
    return [field.default]


def instances(kind: type[BotError]) -> Iterator[BotError]:
    if not dataclasses.is_dataclass(kind):
        yield kind()
        return
    is_secret = issubclass(kind, (EngineError, StoreError))
    fields = dataclasses.fields(kind)
    for values in product(*(values_for(kind, field, is_secret=is_secret) for field in fields)):
        yield kind(**{field.name: value for field, value in zip(fields, values, strict=True)})


def assert_fit_for_people(text: str) -> None:
    assert text.strip() == text
    assert text.endswith((".", ">."))
    assert 20 <= len(text) <= 1_900
    assert not any(word in text for word in UNFIT_FOR_PEOPLE)


@pytest.mark.parametrize("kind", every(BotError), ids=lambda kind: kind.__name__)
def test_every_error_has_words_for_people(kind: type[BotError]) -> None:
    for error in instances(kind):
        assert_fit_for_people(sentence(error))


@pytest.mark.parametrize(
    "kind", [kind for kind in every(Refusal) if not kind.__subclasses__()], ids=lambda kind: kind.__name__
)
def test_every_refusal_has_words_of_its_own(kind: type[BotError]) -> None:
    for error in instances(kind):
        assert sentence(error) != UNFORESEEN


@pytest.mark.parametrize("cause", [*Cause, None])
@pytest.mark.parametrize("detail", ["", "CUDA out of memory.", "**@everyone** https://example.com"])
def test_every_cause_has_words_for_people(cause: Cause | None, detail: str) -> None:
    text = ending(a_job(stage=Stage.FAILED, cause=cause, detail=detail))
    assert_fit_for_people(text)
    assert "charged" in text
    assert "**" not in text.replace("\\*\\*", "")
    assert "https://" not in text
    assert "@everyone" not in text


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "Nothing was charged."),
        (Money(0), "Nothing was charged."),
        (Money.parse("0.01"), "Wiro charged $0.01 for the time it ran."),
    ],
)
def test_a_cancellation_tells_what_it_cost(cost: Money | None, words: str) -> None:
    assert ending(a_job(stage=Stage.CANCELLED, cause=Cause.CANCELLED, cost=cost)) == f"Cancelled. {words}"


@pytest.mark.parametrize("cost", [None, Money(0)])
def test_a_cancelled_run_that_may_still_be_charged_says_how_much_at_most(cost: Money | None) -> None:
    stopped = a_job(stage=Stage.CANCELLED, cause=Cause.CANCELLED, cost=cost, task_id="1", is_charge_open=True)
    assert ending(stopped) == (
        "Cancelled. Wiro may still charge for the time it ran: you pay that, $0.05 at most. "
        "`/history` shows what came of it."
    )


def test_wiros_own_words_are_told_once_and_cut() -> None:
    text = ending(a_job(stage=Stage.FAILED, cause=Cause.WIRO_FAILED, detail="x" * 500))
    assert text.startswith("The model could not make this picture: xxx")
    assert len(text) < 300
    assert ending(a_job(cause=Cause.REFUSED, detail="Not allowed.")) == (
        "Wiro did not take this request: Not allowed. Nothing was charged."
    )


@given(st.text(max_size=50))
def test_words_of_others_cannot_mention_or_link(text: str) -> None:
    for error in (
        ModelUnknown(text),
        OptionRefused("steps", text, "1", "2", text),
        OptionRefused("steps", text, model=text),
    ):
        shown = sentence(error)
        assert "://" not in shown.replace("\\://", "")
        assert "@" not in shown.replace("@\u200b", "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PromptRefused(PromptFault.EMPTY, 0, 2000), "nothing to draw"),
        (PromptRefused(PromptFault.TOO_LONG, 2001, 2000), "2,000 characters and this one has 2,001"),
        (OptionsConflict("aspect", "width"), "either aspect or width"),
        (OptionRefused("steps", "200", "1", "100"), "steps can be a number from 1 to 100, and 200 is not"),
        (OptionRefused("steps", "0", minimum="1"), "a number of at least 1"),
        (OptionRefused("steps", "9", maximum="8"), "a number of at most 8"),
        (OptionRefused("steps", "9", "1", "8", "stable"), "The steps for stable can be"),
        (OptionRefused("negative_prompt", "fog", model="flux"), "flux has no setting for negative prompt"),
        (OptionRefused("negative_prompt", "fog"), "This model has no setting"),
        (NotPermitted("delete"), "or a moderator can delete it"),
        (DatabaseFull("/var/data"), "disk is full"),
        (DatabaseUnavailable("/var/data"), "try again in a minute"),
    ],
)
def test_the_words_name_what_matters(error: BotError, words: str) -> None:
    assert words in sentence(error)


def a_limit(**given: Any) -> LimitReached:
    known: dict[str, Any] = {
        "is_operator": False, "is_money": False, "limit": 50, "used": 49, "held": 1, "asked": 1,
    }  # fmt: skip
    return LimitReached(**(known | given), resets_at_s=int(NOON_S))


def test_a_reached_limit_of_runs_tells_how_many_and_when_it_resets() -> None:
    text = sentence(a_limit())
    assert "50 runs" in text
    assert f"<t:{int(NOON_S)}:R>" in text


def test_a_reached_limit_of_dollars_tells_what_still_fits() -> None:
    cent = PICO_PER_DOLLAR // 100
    text = sentence(a_limit(is_money=True, limit=200 * cent, used=190 * cent, held=7 * cent, asked=5 * cent))
    assert all(amount in text for amount in ("$0.05", "$0.03", "$2.00"))
    assert f"<t:{int(NOON_S)}:R>" in text


def test_a_limit_that_was_lowered_below_its_usage_leaves_nothing() -> None:
    cent = PICO_PER_DOLLAR // 100
    assert "$0.00" in sentence(a_limit(is_money=True, limit=cent, used=5 * cent, held=0, asked=cent))


def test_the_operators_figures_are_not_told() -> None:
    text = sentence(
        a_limit(is_operator=True, is_money=True, limit=20 * PICO_PER_DOLLAR, used=19 * PICO_PER_DOLLAR)
    )
    assert "$" not in text
    assert f"<t:{int(NOON_S)}:R>" in text


def test_every_error_is_drawn_in_the_tree() -> None:
    drawn = sys.modules["bot.domain.errors"].__doc__ or ""
    assert [kind.__name__ for kind in every(BotError) if kind.__name__ not in drawn] == []
    assert typing.get_type_hints(BotError) == {}
