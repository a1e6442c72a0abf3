"""The rules of a server in a few words each, as its moderators read them."""

from __future__ import annotations

from typing import Final

from bot.domain.rules import ChannelRule, ModelRule, PictureRule, WordRule
from bot.view.words.text import code

NOTHING: Final = "no rule"

_CHANNEL_WORDS: Final = {ChannelRule.ALLOW: "allowed", ChannelRule.DENY: "denied"}
_MODEL_WORDS: Final = {
    ModelRule.ALLOW: "allowed",
    ModelRule.DENY: "denied",
    ModelRule.ADULT: "adult: age-restricted channels only",
}

_PICTURE_WORDS: Final = {
    PictureRule.OWN: "one's own only",
    PictureRule.MADE_HERE: "one's own and what the bot made",
    PictureRule.ANYONE: "anyone's",
}


def channel_words(rule: ChannelRule | None) -> str:
    return _CHANNEL_WORDS[rule] if rule is not None else NOTHING


def model_words(rule: ModelRule | None) -> str:
    return _MODEL_WORDS[rule] if rule is not None else NOTHING


def picture_words(rule: PictureRule | None) -> str:
    return _PICTURE_WORDS[rule] if rule is not None else NOTHING


def word_words(word: WordRule) -> str:
    """As it is typed after /rules word."""
    return code(f"/{word.text}/" if word.is_pattern else word.text, 200)
