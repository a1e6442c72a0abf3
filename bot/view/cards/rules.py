"""Cards of /rules: what a server allows, what a change did, which rules a text trips over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.moderation.lexicon import Hit
from bot.domain.moderation.picture_rules import DEFAULT, WHOLE_SERVER
from bot.domain.moderation.rules import ChannelRule, GuildRules, ModelRule
from bot.view.card import Card, Tone
from bot.view.text.changes import FormattedChange
from bot.view.text.fitting import and_more, fitting
from bot.view.text.format import code, escaped, plural
from bot.view.text.rules import (
    format_channel_rule,
    format_hit,
    format_model_rule,
    format_picture_rule,
    format_word_rule,
)

SECTION_CHARS: Final = 700


def show_card(rules: GuildRules) -> Card:
    """Everything that /rules can set."""
    is_listing_channels = any(rule is ChannelRule.ALLOW for _, rule in rules.channels)
    is_listing_models = any(rule is ModelRule.ALLOW for _, rule in rules.models)
    channels = [f"<#{channel_id}> {format_channel_rule(rule)}" for channel_id, rule in sorted(rules.channels)]
    models = [f"{code(slug)} {format_model_rule(rule)}" for slug, rule in sorted(rules.models)]
    words = [format_word_rule(word) for word in sorted(rules.words, key=lambda word: word.text)]
    blocked = [f"<@{user_id}>" for user_id in sorted(rules.blocked_user_ids)]
    by_channel = dict(rules.pictures)
    everywhere = format_picture_rule(by_channel.pop(WHOLE_SERVER, DEFAULT))
    elsewhere = [f"<#{place}> {format_picture_rule(rule)}" for place, rule in sorted(by_channel.items())]
    log_channel = f"<#{rules.log_channel_id}>" if rules.log_channel_id is not None else "none"
    lines = [
        "### Rules of this server",
        f"**Channels** {_listed(channels, 'allowed everywhere')}",
        "-# Only the allowed ones; all others are denied." if is_listing_channels else "",
        f"**Models** {_listed(models, 'all allowed, those for adults in age-restricted channels only')}",
        "-# Only the allowed ones; all others are denied." if is_listing_models else "",
        f"**Words that refuse a prompt** {_listed(words, 'none')}",
        f"**Pictures that may go into models** {_listed([everywhere, *elsewhere], '')}",
        f"**Blocked members** {_listed(blocked, 'none')}",
        f"**Log channel** {log_channel}",
    ]
    return Card(
        Tone.DONE,
        "\n".join(line for line in lines if line),
        small_print="Limits are shown by /limits show.",
    )


def changed_card(words: FormattedChange) -> Card:
    """What a change did."""
    return Card(Tone.DONE, f"### Changed\n{words.subject}: {words.before} → **{words.after}**")


def unchanged_card(subject: str, state: str) -> Card:
    """A change that would have changed nothing."""
    return Card(Tone.WAITING, f"Nothing was changed. {subject}: {state}, as it was before.")


def trial_card(text: str, matches: Sequence[Hit]) -> Card:
    """A dry run of the word rules: which are tripped over, and why."""
    shown = escaped(text, 300)
    if not matches:
        return Card(Tone.DONE, f"### This prompt would pass\n{shown}", small_print="Nothing was stored.")
    tripped = _listed(map(format_hit, matches), "")
    return Card(
        Tone.WARNING,
        f"### This prompt would be refused\n{shown}\n**{plural(len(matches), 'rule')}** {tripped}",
        small_print="Nothing was stored.",
    )


def _listed(items: Iterable[str], otherwise: str) -> str:
    """The items in one line, as many as there is room for."""
    shown, more = fitting(list(items), SECTION_CHARS, gap=3)
    return " ".join(part for part in (" · ".join(shown), and_more(more)) if part) or otherwise
