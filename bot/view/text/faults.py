"""Refusals that name a fault, one sentence for each."""

from __future__ import annotations

from enum import Enum
from typing import Final

from bot.domain.job.errors import WordsFault
from bot.domain.moderation.errors import (
    AdmissionFault,
    BlockFault,
    CaseFault,
    PatternFault,
    PatternRefused,
    RuleFault,
    RuleRefused,
    SubjectFault,
)
from bot.domain.request.errors import PromptFault, StyleFault
from bot.view.text.filled import Sentence
from bot.view.text.format import escaped

_TEXTS: Final = {"prompt": "this prompt", "negative_prompt": "the negative prompt"}


def _format_word_refused(error: RuleRefused) -> str:
    where = _TEXTS.get(error.subject) or f"the field {escaped(error.subject, 100)}"
    return f"The moderators do not allow a word of {where}. Nothing was held; put it another way."


def _unreadable(error: PatternRefused) -> str:
    reason = f" ({escaped(error.detail, 100)})" if error.detail else ""
    return f"This pattern cannot be read{reason}. Nothing was changed; patterns follow RE2's syntax."


FAULTS: Final[dict[Enum | None, Sentence]] = {
    PromptFault.EMPTY: (
        "There is nothing to draw in an empty prompt. Nothing was held; describe the picture in a few words."
    ),
    PromptFault.UNFOLDS: (
        "This is written in characters that stand for many letters each, {error.length:,} in all, and the "
        "words of this server are looked for in {error.limit:,}. Nothing was held; write it in plain letters."
    ),
    PromptFault.TOO_LONG: (
        "A prompt can have {error.limit:,} characters and this one has {error.length:,}. "
        "Nothing was held; shorten it and send it again."
    ),
    StyleFault.NAME: (
        "A style needs a name of 1 to {error.limit} characters that can be seen. "
        "Nothing was kept; give it another name."
    ),
    StyleFault.EMPTY: (
        "The style {error.name:~40} has no text. Nothing was kept; write what is to be added to a prompt, "
        "with {{prompt}} where the prompt belongs."
    ),
    StyleFault.TOO_LONG: (
        "A style's text has room for {error.limit:,} characters. Nothing was kept; shorten it."
    ),
    StyleFault.TOO_LONG_TOGETHER: (
        "The style {error.name:~40} and your prompt together are longer than {error.limit:,} characters. "
        "Nothing was held; shorten the prompt."
    ),
    StyleFault.TOO_MANY: (
        "You have {error.limit} styles here, as many as there is room for. Nothing was kept; "
        "delete one with `/style delete`, or save over one by its name."
    ),
    StyleFault.TOO_MANY_PINNED: (
        "This server has {error.limit} pinned styles, as many as there is room for. "
        "Nothing was kept; delete one with `/style delete`, or save over one by its name."
    ),
    StyleFault.UNKNOWN: (
        "There is no style called {error.name:~40} here. Nothing was held; `/style list` shows all of them."
    ),
    AdmissionFault.SERVER: (
        "The operator of this bot lets it work on servers of their choice, and this is none of them. "
        "Nothing was held; whoever runs the bot can add this server."
    ),
    AdmissionFault.DIRECT_MESSAGE: (
        "The operator of this bot takes no requests by direct message. Nothing was held; send it on a "
        "server that has the bot."
    ),
    AdmissionFault.PERSON: (
        "The operator of this bot has blocked you, on every server and in direct messages. Nothing was "
        "held; only they can lift it."
    ),
    RuleFault.BLOCKED: (
        "The moderators of this server have blocked you from the bot. Nothing was held; they can lift it."
    ),
    RuleFault.CHANNEL: (
        "The moderators do not allow the bot's pictures in this channel. Nothing was held; try another one."
    ),
    RuleFault.MODEL: (
        "The moderators do not allow {error.subject:~100} on this server. "
        "Nothing was held; pick another model."
    ),
    RuleFault.ADULT_MODEL: (
        "{error.subject:~100} may be used in age-restricted channels only. "
        "Nothing was held; go there or pick another."
    ),
    RuleFault.WORD: _format_word_refused,
    RuleFault.PICTURE_OWN: (
        "Here only your own pictures may go into a model, and this one is somebody else's. "
        "Nothing was held; use one of yours."
    ),
    RuleFault.PICTURE_MADE_HERE: (
        "Here only your own pictures and what the bot made may go into a model, and this one is somebody "
        "else's. Nothing was held; use another one."
    ),
    RuleFault.PICTURE_CLOSED: (
        "Whose picture this is lets nobody else use theirs. Nothing was held; use another one."
    ),
    RuleFault.PICTURE_LINK: (
        "A link does not tell whose picture it is, and not everybody's may go into a model here. Nothing "
        "was held; upload your own, or press Apps → Use as input on the message with the picture."
    ),
    PatternFault.EMPTY: "There is no word in it to look for. Nothing was changed.",
    PatternFault.TOO_LONG: "A word rule can have 200 characters. Nothing was changed; make it shorter.",
    PatternFault.NESTED: (
        "A repetition inside a repetition, such as (a+)+, can take for ever elsewhere and is not taken. "
        "Nothing was changed; write it without the inner one."
    ),
    PatternFault.MATCHES_ALL: (
        "This pattern matches every prompt, even an empty one. Nothing was changed; make it narrower."
    ),
    PatternFault.TOO_MANY: (
        "This server has as many word rules as it can have. Nothing was changed; a pattern can stand for "
        "several words."
    ),
    PatternFault.TOO_LARGE_TOGETHER: (
        "With this one the patterns of this server would take more memory than there is for them. Nothing "
        "was changed; write it without long repetitions such as {{100}}, or remove another one."
    ),
    PatternFault.UNREADABLE: _unreadable,
    SubjectFault.ROLE_ELSEWHERE: (
        "This role is not one of this server. Nothing was changed; pick one from the list."
    ),
    SubjectFault.CHANNEL_ELSEWHERE: (
        "This is no channel of this server that pictures are made in. Nothing was changed; pick one from "
        "the list."
    ),
    SubjectFault.CHANNEL_CLOSED: (
        "The bot cannot write to this channel. Nothing was changed; let it view the channel and send "
        "messages there, or pick another."
    ),
    SubjectFault.MEMBER_LEFT: "This member is not on this server any more. Nothing was changed.",
    SubjectFault.MEMBER_IS_BOT: (
        "Bots ask for no pictures, so there is nothing to limit or grant. Nothing was changed."
    ),
    CaseFault.ASKED: "The moderators have been asked about this one already; the answer comes to you.",
    CaseFault.EXPIRED: (
        "This request is not remembered any more. Nothing was changed; it has to be sent again."
    ),
    CaseFault.REPORTED: "This has been reported already; the moderators decide about it.",
    CaseFault.JUDGED: (
        "This was reported before, and the moderators have decided about it. Nothing was changed."
    ),
    CaseFault.UNFINISHED: (
        "Discord or Wiro does not answer just now; the bot goes on trying until it is done."
    ),
    CaseFault.NO_LOG_CHANNEL: (
        "The moderators have no log channel any more, so nobody could be asked here; please write to one "
        "of them."
    ),
    CaseFault.LOG_CHANNEL_CLOSED: (
        "The moderators' log channel cannot be written to, so nobody was asked; please write to one of "
        "them. A moderator can set another with `/rules log`."
    ),
    CaseFault.RULES: (
        "By now a rule of this server forbids this request. Nothing was changed; `/rules show` lists the "
        "rules."
    ),
    CaseFault.MEMBER_LEFT: "This member is not on this server any more. Nothing was changed.",
    CaseFault.CHANNEL_GONE: "The channel that this was asked in is gone. Nothing was changed.",
    CaseFault.MESSAGE_GONE: "its message is gone, or the bot cannot reach it in that channel.",
    CaseFault.DISCORD_SILENT: (
        "Discord does not answer just now. Nothing was changed; please try again in a minute."
    ),
    BlockFault.SELF: "You cannot block yourself. Nothing was changed.",
    BlockFault.MANAGER: (
        "Members with the permission Manage Server could lift a block themselves, so they cannot be "
        "blocked. Nothing was changed; take the permission away first."
    ),
    BlockFault.BOT: "Bots ask for no pictures, so there is nothing to block. Nothing was changed.",
    WordsFault.ERASED: (
        "This has been erased from the bot's records, so nothing of it can be shown any more."
    ),
    WordsFault.NO_TEXT: "There is no text here to read on.",
    WordsFault.NO_LOG: "Wiro keeps no log of this run any more.",
}
