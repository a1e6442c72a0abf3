"""Whose pictures may go into a model: by the rules of the server, and by the word of whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import replace
from typing import Final, assert_never

from bot.domain.job.job import Job
from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.moderation.rules import GuildRules, PictureRule
from bot.domain.request.files import InputFile
from bot.domain.request.requester import ChannelContext, Requester
from bot.domain.request.run_request import RunRequest

WHOLE_SERVER: Final = 0  # in place of a channel
DEFAULT: Final = PictureRule.MADE_HERE

# Addresses that members can copy from messages: Discord's files and messages, and what Wiro made. They do not
# tell whose picture it is.
_COPIED: Final = re.compile(
    r"https?://(?:cdn\.discordapp\.com|media\.discordapp\.net|(?:\w+\.)?discord(?:app)?\.com/channels|cdn\d*\.wiro\.ai)/",
    re.IGNORECASE | re.ASCII,
)


def rule_here(rules: GuildRules, place: ChannelContext) -> PictureRule:
    """The thread's own rule, or its channel's, or the server's."""
    known = dict(rules.pictures)
    for channel_id in (place.channel_id, place.ruled_channel_id, WHOLE_SERVER):
        if channel_id in known:
            return known[channel_id]
    return DEFAULT


def lenders(requester: Requester, request: RunRequest) -> frozenset[int]:
    """The other members whose pictures this request uses."""
    return frozenset(file.owner_id for file in _lent(requester, request) if file.owner_id)


def check_pictures(rules: GuildRules, requester: Requester, request: RunRequest, closed: Set[int]) -> None:
    """Raises RuleRefused for a picture that this member may not use here. `closed` lend theirs to nobody."""
    rule = rule_here(rules, requester.channel)
    for file in _lent(requester, request):
        if file.owner_id in closed:
            raise RuleRefused(RuleFault.PICTURE_CLOSED)
        match rule:
            case PictureRule.OWN:
                raise RuleRefused(RuleFault.PICTURE_OWN)
            case PictureRule.MADE_HERE if not file.is_made_here:
                raise RuleRefused(RuleFault.PICTURE_MADE_HERE)
            case PictureRule.MADE_HERE | PictureRule.ANYONE:
                pass
            case _:
                assert_never(rule)
    if rule is not PictureRule.ANYONE and any(_COPIED.match(text.strip()) for text in _texts(request)):
        raise RuleRefused(RuleFault.PICTURE_LINK)


def files_of(job: Job) -> tuple[InputFile, ...]:
    """What went into a job, for another one to use: what had no other owner was its member's own."""
    owner_id = job.origin.user_id
    return tuple(
        file if file.owner_id is not None else replace(file, owner_id=owner_id) for file in job.request.files
    )


def _lent(requester: Requester, request: RunRequest) -> Iterator[InputFile]:
    return (file for file in request.files if file.owner_id not in {None, requester.user_id})


def _texts(request: RunRequest) -> Iterator[str]:
    for _, value in request.values:
        match value:
            case str():
                yield value
            case tuple():
                yield from value
            case _:
                pass
