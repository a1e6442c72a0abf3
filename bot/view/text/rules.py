"""The rules of a server in a few words each, as its moderators read them."""

from __future__ import annotations

from typing import Final

from bot.domain.moderation.lexicon import Hit
from bot.domain.moderation.rules import ChannelRule, Match, ModelRule, PictureRule, WordRule
from bot.view.text.format import code

NOTHING: Final = "no rule"

_CHANNEL_WORDS: Final = {ChannelRule.ALLOW: "allowed", ChannelRule.DENY: "denied"}
_MODEL_WORDS: Final = {
    ModelRule.ALLOW: "allowed",
    ModelRule.DENY: "denied",
    ModelRule.ADULT: "adult: age-restricted channels only",
    ModelRule.GENERAL: "not adult: in every channel",
}

_PICTURE_WORDS: Final = {
    PictureRule.OWN: "one's own only",
    PictureRule.MADE_HERE: "one's own and what the bot made",
    PictureRule.ANYONE: "anyone's",
}


def format_channel_rule(rule: ChannelRule | None) -> str:
    return _CHANNEL_WORDS[rule] if rule is not None else NOTHING


def format_model_rule(rule: ModelRule | None) -> str:
    return _MODEL_WORDS[rule] if rule is not None else NOTHING


def format_picture_rule(rule: PictureRule | None) -> str:
    return _PICTURE_WORDS[rule] if rule is not None else NOTHING


def format_word_rule(word: WordRule) -> str:
    """As it is typed after /rules word, and how it is looked for where that is not to the letter."""
    typed = code(f"/{word.text}/" if word.is_pattern else word.text, 202)
    return f"{typed} (tolerant)" if word.match is Match.TOLERANT else typed


def format_word_kind(word: WordRule) -> str:
    """The rule by its kind: a word and a pattern may be spelled alike."""
    return f"the {'pattern' if word.is_pattern else 'word'} {format_word_rule(word)}"


def format_hit(hit: Hit) -> str:
    """Why a prompt trips over a rule."""
    how = "disguised, read as" if hit.level is Match.TOLERANT else "as written,"
    return f"{format_word_rule(hit.rule)}: {how} {code(hit.read_as, 60)}"
