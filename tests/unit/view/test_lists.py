"""Who runs here, as far as the viewer may see; and what is left of a day."""

from __future__ import annotations

import pytest

from bot.domain.job.job import Stage
from bot.domain.job.status_update import StatusUpdate
from bot.view.actions.buttons import JobAction, JobButton
from bot.view.cards.lists import MAX_ROWS, running_card
from bot.view.layout import layout_of
from tests.support.samples import a_job, a_request, a_requester, an_origin
from tests.support.seals import SEAL

OWN, OTHER = 1, 2
SNOWFLAKE = 1_234_567_890_123_456_789


def a_row(job_id: int = 1, *, user_id: int = OWN, is_private: bool = False, **news: bool) -> StatusUpdate:
    return StatusUpdate(a_job(job_id, origin=an_origin(user_id=user_id, is_private=is_private)), **news)


def test_a_quiet_channel_is_told_how_to_begin() -> None:
    assert "/imagine" in running_card([], a_requester(OWN)).text


def test_everybody_sees_what_runs_and_where() -> None:
    card = running_card([a_row(1), a_row(2, user_id=OTHER)], a_requester(3))
    assert "2 pictures running" in card.text
    assert len(card.rows) == 2
    assert f"<@{OWN}>" in card.rows[0].text
    assert "https://discord.com/channels/700/30/900" in card.rows[0].text
    assert f"<@{OTHER}>" in card.rows[1].text


@pytest.mark.parametrize(
    ("viewer_id", "is_moderator", "may_cancel"),
    [(OWN, False, True), (OTHER, False, False), (OTHER, True, True)],
)
def test_cancel_is_offered_to_the_owner_and_to_moderators(
    viewer_id: int, is_moderator: bool, may_cancel: bool
) -> None:
    (row,) = running_card([a_row()], a_requester(viewer_id, is_moderator=is_moderator)).rows
    assert row.button == (JobAction(JobButton.CANCEL, 1) if may_cancel else None)


def test_what_is_being_cancelled_is_not_offered_again() -> None:
    (row,) = running_card([a_row(is_cancelling=True)], a_requester(OWN, is_moderator=True)).rows
    assert row.button is None


@pytest.mark.parametrize("is_moderator", [True, False])
def test_a_private_prompt_is_seen_by_its_owner_alone(is_moderator: bool) -> None:
    private = [a_row(is_private=True)]
    (theirs,) = running_card(private, a_requester(OTHER, is_moderator=is_moderator)).rows
    assert "lighthouse" not in theirs.text
    (own,) = running_card(private, a_requester(OWN)).rows
    assert "lighthouse" in own.text
    assert "jump" not in own.text


def test_a_direct_message_is_jumped_to_as_such() -> None:
    news = StatusUpdate(a_job(origin=an_origin(guild_id=None)))
    assert "/channels/@me/30/900" in running_card([news], a_requester(OWN)).rows[0].text


def test_a_message_that_is_not_known_is_not_jumped_to() -> None:
    news = StatusUpdate(a_job(origin=an_origin(message_id=None)))
    assert "jump" not in running_card([news], a_requester(OWN)).rows[0].text


def test_many_jobs_are_counted_where_they_do_not_fit() -> None:
    card = running_card([a_row(n) for n in range(1, 1_201)], a_requester(OWN))
    assert len(card.rows) == MAX_ROWS
    assert card.small_print == f"and {1_200 - MAX_ROWS:,} more"
    assert "1,200 pictures" in card.text


def test_the_fullest_list_fits_into_one_message() -> None:
    request = a_request(prompt="*" * 2_000, model="o/" + "_" * 100)
    origin = an_origin(user_id=SNOWFLAKE, channel_id=SNOWFLAKE, guild_id=SNOWFLAKE, message_id=SNOWFLAKE)
    jobs = [
        StatusUpdate(a_job(SNOWFLAKE + n, origin=origin, request=request, stage=Stage.UNKNOWN))
        for n in range(30)
    ]
    view = layout_of(running_card(jobs, a_requester(SNOWFLAKE)), SEAL)
    assert view.content_length() <= 4_000
    assert view.total_children_count <= 40
