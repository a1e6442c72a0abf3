"""Python's garbage collector, told what this process is like."""

from __future__ import annotations

import gc

from bot.view.messages.first_answers import FirstAnswers


def spare_the_collector(answers: FirstAnswers) -> None:
    """Once everything is read and wired: what is here by now stays, and need not be looked through again.

    While a burst of commands is acknowledged it rests: a thousand at once set off collection after
    collection, a quarter of the time until the last of them was acknowledged (measured Nov 2026). At all
    other times it works as ever, and frees what discord.py leaves of each command.
    """
    gc.collect()
    gc.freeze()
    answers.on_burst, answers.on_calm = gc.disable, gc.enable
