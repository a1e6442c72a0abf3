"""The mark in custom ids: only what this bot made comes back, and what it made before there was a mark."""

from __future__ import annotations

import discord
import pytest
from discord.utils import time_snowflake
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.discord_limits import CUSTOM_ID_CHARS
from bot.view.actions.seal import ROOM, Seal, bare
from tests.support.samples import NOON_S
from tests.support.seals import SEAL

OLD, NEW = (
    time_snowflake(discord.utils.datetime.datetime.fromtimestamp(at_s, discord.utils.datetime.timezone.utc))
    for at_s in (NOON_S - 1, NOON_S + 1)
)


@given(st.text(max_size=ROOM))
def test_what_was_marked_is_opened_wherever_it_stands(custom_id: str) -> None:
    marked = SEAL.marked(custom_id)
    assert len(marked) <= CUSTOM_ID_CHARS
    assert bare(marked) == custom_id
    for message_id in (OLD, NEW, None):
        assert SEAL.opened(marked, message_id) == custom_id


@given(st.text(min_size=1, max_size=ROOM), st.data())
def test_what_was_changed_is_not_opened(custom_id: str, data: st.DataObject) -> None:
    marked = SEAL.marked(custom_id)
    place = data.draw(st.integers(0, len(marked) - 1))
    character = data.draw(st.characters().filter(lambda one: one != marked[place]))
    changed = marked[:place] + character + marked[place + 1 :]
    for message_id in (NEW, None):
        assert SEAL.opened(changed, message_id) is None


@pytest.mark.parametrize("message_id", [OLD, NEW, None])
def test_a_mark_of_another_bot_opens_nothing_anywhere(message_id: int | None) -> None:
    assert SEAL.opened(Seal(b"t" * 32, NOON_S).marked("job:1:info"), message_id) is None
    assert SEAL.opened("job:1:info~AAAAAAAAAAAA", message_id) is None


def test_without_a_mark_only_messages_from_before_the_secret_are_heard() -> None:
    assert SEAL.opened("job:1:info", OLD) == "job:1:info"
    assert SEAL.opened("job:1:info", NEW) is None
    assert SEAL.opened("input:1", None) is None


def test_the_secret_is_shown_nowhere() -> None:
    assert "sss" not in repr(SEAL)
