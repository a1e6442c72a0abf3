"""What a server allows: channels, models, words, members. Pure decisions over what moderators set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.domain.catalogue.model import folded_slug
from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.request.requester import Requester


class ChannelRule(Enum):
    """Stored by value. As soon as one channel is allowed, the others are not."""

    ALLOW = "allow"
    DENY = "deny"


class ModelRule(Enum):
    """Stored by value. As soon as one model is allowed, the others are not but for ADULT and GENERAL."""

    ALLOW = "allow"
    DENY = "deny"
    ADULT = "adult"  # only in age-restricted channels, as all that Wiro files under what is for adults
    GENERAL = "general"  # in every channel, wherever Wiro files it


class PictureRule(Enum):
    """Whose pictures may go into a model. Stored by value."""

    OWN = "own"
    MADE_HERE = "made here"  # one's own, and what the bot made
    ANYONE = "anyone"


class Match(Enum):
    """How a word is looked for. Stored by value."""

    EXACT = "exact"  # as a whole word, in any case and whatever shows nothing around its letters
    TOLERANT = "tolerant"  # spelled with look-alikes, digits and signs, repeated or spaced letters, too


@dataclass(frozen=True, slots=True)
class WordRule:
    """A text that refuses a prompt: a word or phrase, or a pattern (RE2 syntax) where `is_pattern`."""

    text: str
    is_pattern: bool
    match: Match = Match.EXACT  # of a word; a pattern says by itself what it finds

    def is_same(self, other: WordRule) -> bool:
        """Whether a server has room for one of them only: the same word or the same pattern."""
        return (self.text, self.is_pattern) == (other.text, other.is_pattern)


@dataclass(frozen=True, slots=True)
class GuildRules:
    """Everything a server's moderators have set, limits apart. Model slugs are in lower case."""

    channels: tuple[tuple[int, ChannelRule], ...] = ()
    models: tuple[tuple[str, ModelRule], ...] = ()
    words: tuple[WordRule, ...] = ()
    blocked_user_ids: frozenset[int] = frozenset()
    log_channel_id: int | None = None
    pictures: tuple[tuple[int, PictureRule], ...] = ()  # by channel; 0 stands for the whole server


NO_RULES = GuildRules()


def check_place(rules: GuildRules, requester: Requester, model: str, *, is_adult: bool) -> None:
    """Raises RuleRefused where this member may not run this model here, whatever the prompt is."""
    if requester.user_id in rules.blocked_user_ids:
        raise RuleRefused(RuleFault.BLOCKED)
    if not _channel_allowed(rules, requester):
        raise RuleRefused(RuleFault.CHANNEL)
    check_model(rules, requester, model, is_adult=is_adult)


def check_model(rules: GuildRules, requester: Requester, model: str, *, is_adult: bool) -> None:
    """Raises RuleRefused where the model may not be used here.

    `is_adult`: Wiro files it under what is for adults. So it is here, unless the moderators say otherwise.
    """
    known = dict(rules.models).get(folded_slug(model))
    is_listing = any(rule is ModelRule.ALLOW for _, rule in rules.models)
    if known is ModelRule.DENY or (known is None and is_listing):
        raise RuleRefused(RuleFault.MODEL, model)
    is_restricted = known is ModelRule.ADULT or (known is None and is_adult)
    if is_restricted and not requester.channel.is_age_restricted:
        raise RuleRefused(RuleFault.ADULT_MODEL, model)


def _channel_allowed(rules: GuildRules, requester: Requester) -> bool:
    if requester.channel.guild_id is None:
        return True
    known = dict(rules.channels)
    rule = known.get(requester.channel.channel_id, known.get(requester.channel.ruled_channel_id))
    if rule is not None:
        return rule is ChannelRule.ALLOW
    return ChannelRule.ALLOW not in known.values()
