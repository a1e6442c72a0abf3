"""Who may see and do what with a job: decided here alone, for every button, form, list and command."""

from __future__ import annotations

from enum import Enum, auto
from typing import assert_never

from bot.domain.job.errors import JobNotFound, JobWithheld, NotPermitted
from bot.domain.job.job import Exposure, Job
from bot.domain.request.requester import Requester


class JobAct(Enum):
    """What is done with a job. The value completes the sentence of a refusal."""

    READ = "read"  # what is known of it
    READ_WORDS = "read the words of"  # what was asked for, and what a language model said
    READ_LOG = "read the log of"
    REPEAT = "repeat"
    GO_ON = "go on from"  # a variation, an upscale, another prompt
    CANCEL = "cancel"
    DELETE = "delete"  # its message
    REPORT = "report"


class _Answer(Enum):
    YES = auto()
    NO = auto()  # they see the job, and may not do this with it
    UNKNOWN = auto()  # to them it is as if there were no such job
    WITHHELD = auto()  # hidden until the moderators decide, or removed by them


def check_access(job: Job, requester: Requester, act: JobAct) -> None:
    """Raises NotPermitted, JobWithheld, and JobNotFound for what is not theirs to know of or never was."""
    match _answer(job, requester, act):
        case _Answer.YES:
            return
        case _Answer.NO:
            raise NotPermitted(act.value)
        case _Answer.UNKNOWN:
            raise JobNotFound(job.job_id)
        case _Answer.WITHHELD:
            raise JobWithheld(is_removed=job.exposure is Exposure.REMOVED)
        case unreachable:
            assert_never(unreachable)


def has_access(job: Job, requester: Requester, act: JobAct) -> bool:
    """For what is shown or offered only to those who may."""
    return _answer(job, requester, act) is _Answer.YES


def _answer(job: Job, requester: Requester, act: JobAct) -> _Answer:
    """A job is seen where it was asked for, by everybody unless it is private; its member sees it anywhere.

    Moderators have their rights in the channel that they ask from, which must be the job's own.
    """
    origin, place = job.origin, requester.channel
    is_own = origin.user_id == requester.user_id
    is_here = origin.guild_id is not None and (origin.guild_id, origin.channel_id) == (
        place.guild_id,
        place.channel_id,
    )
    is_open = is_here and not origin.is_private
    is_its_message = requester.message_id is not None and requester.message_id == origin.message_id
    is_judge = requester.is_moderator and origin.guild_id is not None and origin.guild_id == place.guild_id
    for_owner_and_moderators = _Answer.YES if is_own or requester.is_moderator else _Answer.NO
    match act:
        case JobAct.READ:
            is_known, answer = is_own or is_open, _Answer.YES
        case JobAct.READ_WORDS:  # who decides on a report reads them from the log channel
            is_known = is_own or is_open or (is_judge and job.exposure is Exposure.HIDDEN)
            answer = _Answer.YES
        case JobAct.READ_LOG:
            is_known, answer = is_own or is_open, for_owner_and_moderators
        case JobAct.REPEAT | JobAct.GO_ON:
            is_known, answer = is_open or (is_own and _stays_unseen(job, requester)), _Answer.YES
        case JobAct.CANCEL:  # of a private job moderators read nothing, but can stop what it spends
            is_known = is_own or is_open or (is_here and requester.is_moderator)
            answer = for_owner_and_moderators
        case JobAct.DELETE:  # an ending that found its channel shut is a direct message, of no known id
            is_known = (is_its_message and (is_own or is_open)) or (is_own and place.guild_id is None)
            answer = for_owner_and_moderators
        case JobAct.REPORT:
            is_known, answer = is_open and is_its_message, _Answer.YES
        case _:
            assert_never(act)
    if not is_known:
        return _Answer.UNKNOWN
    return _Answer.WITHHELD if _is_withheld(job, act, is_judge=is_judge) else answer


def _is_withheld(job: Job, act: JobAct, *, is_judge: bool) -> bool:
    """What was reported is for its judges alone, and nobody goes on from it; what they removed is gone."""
    match act:
        case JobAct.CANCEL | JobAct.REPORT:
            return False
        case JobAct.READ:
            return job.exposure is Exposure.REMOVED
        case JobAct.REPEAT | JobAct.GO_ON:
            return job.exposure is not Exposure.SHOWN
        case JobAct.READ_WORDS | JobAct.READ_LOG | JobAct.DELETE:
            is_for_judges = job.exposure is Exposure.HIDDEN and is_judge
            return job.exposure is not Exposure.SHOWN and not is_for_judges
        case _:
            assert_never(act)


def _stays_unseen(job: Job, requester: Requester) -> bool:
    """Whether going on from this job shows nobody else what was for its member alone."""
    origin = job.origin
    if origin.guild_id is None:
        return requester.channel.guild_id is None
    return not origin.is_private or requester.is_alone
