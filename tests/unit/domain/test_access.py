"""Who may do what with a job: every act, whoever asks, wherever the job is and whoever may see it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from bot.domain.job.access import JobAct, check_access, has_access
from bot.domain.job.errors import JobNotFound, JobWithheld, NotPermitted
from bot.domain.job.job import Exposure, Job
from bot.domain.request.requester import ChannelContext, Requester
from tests.support.samples import CHANNEL, GUILD, a_job, a_requester, an_origin

OWNER, OTHER = 1, 2
MESSAGE = 900
OPEN = a_job(origin=an_origin(user_id=OWNER, message_id=MESSAGE))
PRIVATE = a_job(origin=an_origin(user_id=OWNER, message_id=MESSAGE, is_private=True))
DIRECT = a_job(origin=an_origin(user_id=OWNER, message_id=MESSAGE, guild_id=None))
HERE, NEXT_DOOR, ELSEWHERE = (
    ChannelContext(GUILD, CHANNEL),
    ChannelContext(GUILD, CHANNEL + 1),
    ChannelContext(GUILD + 1, CHANNEL),
)
DM = ChannelContext(None, CHANNEL)

# Of a job that everybody in its channel sees, on its own message: may the owner, a member, a moderator?
RULES = {
    JobAct.READ: (True, True, True),
    JobAct.READ_WORDS: (True, True, True),
    JobAct.READ_LOG: (True, False, True),
    JobAct.REPEAT: (True, True, True),
    JobAct.GO_ON: (True, True, True),
    JobAct.CANCEL: (True, False, True),
    JobAct.DELETE: (True, False, True),
    JobAct.REPORT: (True, True, True),
}


def by(user_id: int, place: ChannelContext = HERE, **changes: object) -> Requester:
    return replace(Requester(user_id, frozenset(), place, message_id=MESSAGE), **changes)  # type: ignore[arg-type]  # fields by name


def test_there_is_a_rule_for_every_act() -> None:
    assert set(RULES) == set(JobAct)


@pytest.mark.parametrize("act", JobAct)
def test_where_a_job_is_seen_its_member_and_moderators_may_all_others_what_their_eyes_can(
    act: JobAct,
) -> None:
    may_owner, may_member, may_moderator = RULES[act]
    assert has_access(OPEN, by(OWNER), act) is may_owner
    assert has_access(OPEN, by(OTHER), act) is may_member
    assert has_access(OPEN, by(OTHER, is_moderator=True), act) is may_moderator
    if not may_member:
        with pytest.raises(NotPermitted) as refused:
            check_access(OPEN, by(OTHER), act)
        assert refused.value.action == act.value


@pytest.mark.parametrize(
    ("act", "job", "place", "is_moderator"),
    [
        *product(JobAct, [OPEN, PRIVATE, DIRECT], [ELSEWHERE, NEXT_DOOR, DM], [False, True]),
        *product(JobAct, [PRIVATE, DIRECT], [HERE], [False]),
        *product([act for act in JobAct if act is not JobAct.CANCEL], [PRIVATE, DIRECT], [HERE], [True]),
    ],
)
def test_what_is_out_of_reach_is_as_if_it_were_not_there(
    act: JobAct, job: Job, place: ChannelContext, is_moderator: bool
) -> None:
    """From another server, another channel, direct messages, or beside a job that is its member's alone."""
    for is_alone in (False, True):
        with pytest.raises(JobNotFound) as refused:
            check_access(job, by(OTHER, place, is_moderator=is_moderator, is_alone=is_alone), act)
        assert vars(refused.value) == vars(JobNotFound(job.job_id))


def test_a_moderator_may_stop_what_a_private_job_spends_here_and_read_nothing_of_it() -> None:
    allowed = {act for act in JobAct if has_access(PRIVATE, by(OTHER, is_moderator=True), act)}
    assert allowed == {JobAct.CANCEL}


@pytest.mark.parametrize("job", [OPEN, PRIVATE, DIRECT])
@pytest.mark.parametrize("place", [HERE, NEXT_DOOR, ELSEWHERE, DM])
def test_a_member_reads_and_stops_their_own_from_anywhere(job: Job, place: ChannelContext) -> None:
    for act in (JobAct.READ, JobAct.READ_WORDS, JobAct.READ_LOG, JobAct.CANCEL):
        assert has_access(job, by(OWNER, place), act)


@pytest.mark.parametrize("act", [JobAct.REPEAT, JobAct.GO_ON])
def test_what_was_for_its_member_alone_goes_on_where_nobody_else_sees_it(act: JobAct) -> None:
    assert not has_access(PRIVATE, by(OWNER), act)
    assert has_access(PRIVATE, by(OWNER, is_alone=True), act)
    assert has_access(PRIVATE, by(OWNER, DM, is_alone=True), act)
    assert not has_access(DIRECT, by(OWNER, is_alone=True), act)
    assert has_access(DIRECT, by(OWNER, DM, is_alone=True), act)
    assert has_access(OPEN, by(OWNER, NEXT_DOOR), act)


@pytest.mark.parametrize("act", [JobAct.DELETE, JobAct.REPORT])
@pytest.mark.parametrize("message_id", [None, MESSAGE + 1])
def test_only_its_own_message_is_deleted_or_reported(act: JobAct, message_id: int | None) -> None:
    for user_id, is_moderator in ((OWNER, False), (OTHER, True), (OTHER, False)):
        requester = by(user_id, message_id=message_id, is_moderator=is_moderator)
        assert not has_access(OPEN, requester, act)
    unknown = a_job(origin=an_origin(message_id=None))
    assert not has_access(unknown, by(OTHER, message_id=message_id, is_moderator=True), act)


def test_an_ending_that_came_by_direct_message_is_deleted_there_by_its_member() -> None:
    assert has_access(OPEN, by(OWNER, DM, message_id=MESSAGE + 1), JobAct.DELETE)


HIDDEN, REMOVED = (replace(OPEN, exposure=exposure) for exposure in (Exposure.HIDDEN, Exposure.REMOVED))


@pytest.mark.parametrize(
    ("requester", "withheld"),
    [
        (by(OWNER), {"READ_WORDS", "READ_LOG", "REPEAT", "GO_ON", "DELETE"}),
        (by(OTHER), {"READ_WORDS", "READ_LOG", "REPEAT", "GO_ON", "DELETE"}),
        (by(OTHER, is_moderator=True), {"REPEAT", "GO_ON"}),
    ],
)
def test_what_was_reported_is_for_its_judges_alone_and_nobody_goes_on_from_it(
    requester: Requester, withheld: set[str]
) -> None:
    for act in JobAct:
        if act.name in withheld:
            with pytest.raises(JobWithheld) as refused:
                check_access(HIDDEN, requester, act)
            assert not refused.value.is_removed
        else:
            assert has_access(HIDDEN, requester, act) is has_access(OPEN, requester, act), act


def test_its_judges_read_it_from_their_log_channel_and_no_other_server() -> None:
    assert has_access(HIDDEN, by(OTHER, NEXT_DOOR, is_moderator=True), JobAct.READ_WORDS)
    for stranger in (by(OTHER, NEXT_DOOR), by(OTHER, ELSEWHERE, is_moderator=True)):
        with pytest.raises(JobNotFound):
            check_access(HIDDEN, stranger, JobAct.READ_WORDS)


def test_of_what_was_removed_nothing_is_left_to_anybody() -> None:
    for requester in (by(OWNER), by(OTHER), by(OTHER, is_moderator=True)):
        for act in set(JobAct) - {JobAct.CANCEL, JobAct.REPORT}:
            with pytest.raises(JobWithheld) as refused:
                check_access(REMOVED, requester, act)
            assert refused.value.is_removed


def test_who_asks_is_compared_not_how() -> None:
    assert has_access(OPEN, a_requester(OWNER, CHANNEL, 5, 6), JobAct.CANCEL)
