"""Forms in the making: each its owner's alone, run once a press, the oldest let go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Model
from bot.domain.request.form_state import FormState
from bot.domain.request.interactions import FormBusy, FormGone, NotYours
from bot.services.forms.states import BARE_CHARS, LIFE_S, MAX_CHARS, MOST_EACH, FormStates
from tests.support.samples import an_origin

ALICE, BOB = 1, 2


class Shelf:
    """Drafts with a clock that is moved by hand."""

    def __init__(self, **bounds: int) -> None:
        self.now_s = 100.0
        self.form_states = FormStates(lambda: self.now_s, **bounds)

    def keep(self, form_id: int, user_id: int = ALICE, **typed: Any) -> FormState:
        state = FormState(
            form_id, user_id, Model("a/b", "B"), {name: (text,) for name, text in typed.items()}
        )
        self.form_states.keep(state)
        return state

    def has(self, form_id: int, user_id: int = ALICE) -> bool:
        try:
            self.form_states.of(form_id, user_id)
        except FormGone:
            return False
        return True


def test_a_form_is_its_members_alone() -> None:
    shelf = Shelf()
    state = shelf.keep(7)
    assert shelf.form_states.of(7, ALICE) == state
    with pytest.raises(NotYours):
        shelf.form_states.of(7, BOB)
    with pytest.raises(FormGone):
        shelf.form_states.of(8, ALICE)


def test_a_form_lives_as_long_as_its_card_can_be_edited() -> None:
    shelf = Shelf()
    shelf.keep(7)
    shelf.now_s += LIFE_S - 1
    shelf.keep(8)
    assert shelf.has(7)
    shelf.now_s += 1
    assert not shelf.has(7)
    assert shelf.has(8)
    shelf.now_s += LIFE_S - 2
    shelf.keep(8)  # shown anew
    shelf.now_s += 10
    assert shelf.has(8)


def test_the_oldest_makes_room() -> None:
    shelf = Shelf(most_each=2)
    for form_id in (1, 2):
        shelf.keep(form_id)
    shelf.keep(1)
    shelf.keep(3)
    assert [shelf.has(form_id) for form_id in (1, 2, 3)] == [True, False, True]


def test_texts_take_no_more_memory_than_is_allowed_but_the_newest_always_stays() -> None:
    shelf = Shelf(max_chars=10 + 2 * BARE_CHARS)
    shelf.keep(1, prompt="x" * 6)
    shelf.keep(2, prompt="x" * 4)
    assert shelf.has(1)
    shelf.keep(3, prompt="x" * 5)
    assert [shelf.has(form_id) for form_id in (1, 2, 3)] == [False, True, True]
    shelf.keep(4, prompt="x" * 5_000)
    assert [shelf.has(form_id) for form_id in (2, 3, 4)] == [False, False, True]


@pytest.mark.parametrize(("forms", "chars"), [(1_000, 0), (MOST_EACH, MAX_CHARS // 2)], ids=["empty", "full"])
def test_one_members_forms_push_out_their_own_alone(forms: int, chars: int) -> None:
    shelf = Shelf()
    for form_id in range(MOST_EACH):
        shelf.keep(form_id, BOB, prompt="a harbour at dawn")
    for form_id in range(100, 100 + forms):
        shelf.keep(form_id, ALICE, prompt="x" * chars)
    assert all(shelf.has(form_id, BOB) for form_id in range(MOST_EACH))
    assert shelf.has(99 + forms)
    assert not shelf.has(100) or forms <= MOST_EACH


def test_of_two_presses_one_gets_the_draft() -> None:
    shelf = Shelf()
    shelf.keep(7)
    shelf.form_states.spend(7, ALICE, 0)
    with pytest.raises(FormBusy):
        shelf.form_states.spend(7, ALICE, 0)
    shelf.form_states.release(7, an_origin())
    with pytest.raises(FormBusy):
        shelf.form_states.spend(7, ALICE, 0)
    again = shelf.form_states.spend(7, ALICE, 1)
    assert (again.runs, again.origin) == (1, an_origin())


def test_a_run_that_did_not_start_can_be_pressed_again() -> None:
    shelf = Shelf()
    shelf.keep(7)
    shelf.form_states.spend(7, ALICE, 0)
    shelf.form_states.release(7)
    assert shelf.form_states.spend(7, ALICE, 0).runs == 0


def test_a_form_that_went_while_it_was_run_is_not_missed() -> None:
    shelf = Shelf()
    shelf.keep(7)
    shelf.form_states.spend(7, ALICE, 0)
    shelf.now_s += LIFE_S + 1
    assert not shelf.has(7)
    shelf.form_states.release(7, an_origin())
    assert len(shelf.form_states) == 0


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 30), st.floats(0, 400)), max_size=40))
def test_whatever_comes_the_bounds_hold(steps: list[tuple[int, int, float]]) -> None:
    shelf = Shelf(most_each=3, max_chars=40 + 3 * BARE_CHARS)
    for form_id, chars, pause_s in steps:
        shelf.now_s += pause_s
        shelf.keep(form_id, prompt="x" * chars)
        assert shelf.has(form_id)
        assert len(shelf.form_states) <= 3
