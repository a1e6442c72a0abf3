"""A job's cards without a word of its member or its model, for a server whose AutoMod will not have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain.job.job import Job
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.view.actions.buttons import JobAction
from bot.view.card import Card
from bot.view.cards.renderer import Look, final_card, status_card
from bot.view.cards.texts import text_buttons
from bot.view.text import said

BLOCKED: Final = "This server's AutoMod blocked the prompt"
BLOCKED_ANSWER: Final = "This server's AutoMod blocked the prompt or the answer"


def wordless_status(news: StatusUpdate) -> Card:
    """As `status_card`, with the model's name in the prompt's place."""
    card = status_card(replace(news, job=_wordless(news.job)))
    return replace(card, text=f"{card.text}\n-# {BLOCKED}.")


def wordless_final(news: StatusUpdate, pictures: Sequence[OutputFile], look: Look) -> Card:
    """As `final_card`, with its pictures; what a language model said is behind buttons."""
    job = news.job
    card = final_card(replace(news, job=_wordless(job)), pictures, look)
    if not said.is_text(job):
        return replace(card, text=f"{card.text}\n-# {BLOCKED}.")
    title = card.text.partition("\n")[0]
    return replace(card, text=f"{title}\n{BLOCKED_ANSWER}.", buttons=(*text_buttons(job), *card.buttons))


def last_resort(news: StatusUpdate) -> Card:
    """Nothing but words of our own and the buttons: that it has ended, at least."""
    card = final_card(replace(news, job=_wordless(news.job)), [], Look())
    text = f"### It has ended\n{BLOCKED}, and what was made with it. Info tells the rest."
    return Card(card.tone, text, buttons=card.buttons_of(JobAction))


def _wordless(job: Job) -> Job:
    request = replace(job.request, prompt="")
    outputs = tuple(replace(output, text=None, thinking=None) for output in job.outputs)
    return replace(job, request=request, outputs=outputs, detail="", speech=None)
