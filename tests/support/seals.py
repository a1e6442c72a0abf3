"""The mark that custom ids bear in tests. Apart from the samples: it comes with discord.py."""

from __future__ import annotations

from bot.view.actions.seal import Seal
from tests.support.samples import NOON_S

SEAL = Seal(b"s" * 32, NOON_S)
