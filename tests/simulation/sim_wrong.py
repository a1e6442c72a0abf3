"""Engines that are wrong on purpose, each in one way: the invariants must catch every one of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.delivery.status_messages import DiscordStatusMessages
from bot.domain.catalogue.model import Value
from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.domain.job.task import Task
from bot.domain.money import ZERO, Money
from bot.domain.request.files import Upload
from bot.engines.port import EngineServerFault, EngineUnreachable
from tests.simulation.sim_engine import Parts, WatchedStore
from tests.simulation.sim_wiro import WiroPort


class BlindWiro(WiroPort):
    """An unanswered Run is sent again."""

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        try:
            return await super().run(model, parameters, key=key, files=files)
        except (EngineUnreachable, EngineServerFault):
            return await super().run(model, parameters, key=key, files=files)


class ForgetfulStore(WatchedStore):
    """The intent to send Run does not reach the disk."""

    async def save(self, job: Job) -> None:
        await super().save(replace(job, sent_at_s=None) if job.stage is Stage.SUBMITTING else job)


class GenerousStore(WatchedStore):
    """Holds are voided where they should be posted."""

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        if settlement is not None and settlement.resolution is Resolution.POST:
            settlement = Settlement(Resolution.VOID, ZERO)
        return await super().settle(job, settlement, at_s)


class HastyStore(WatchedStore):
    """What is on record when a run ends is taken for all that it will ever be charged."""

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        final = replace(job, is_charge_open=False, cost=job.cost or ZERO)
        return await super().settle(final, settlement or settlement_of(final), at_s)


class RunawayStore(WatchedStore):
    """Members pay all that comes late, whatever was held."""

    async def book_charge(self, job: Job, charge: Money, at_s: float) -> bool:
        return await super().book_charge(replace(job, hold=max(job.hold, charge)), charge, at_s)


class DoubleStore(WatchedStore):
    """A settlement moves the counters twice."""

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        def charge(sqlite: sqlite3.Connection) -> None:
            sqlite.execute(
                "UPDATE usage SET spend_used_pico = spend_used_pico + ? WHERE subject = 'member'"
                " AND subject_id = ?",
                (settlement.amount.pico if settlement is not None else 1, job.origin.user_id),
            )

        is_first = await super().settle(job, settlement, at_s)
        await self._database.write(charge)
        return is_first


class TurningStore(WatchedStore):
    """A stage may turn back on record."""

    async def save(self, job: Job) -> None:
        await super().save(replace(job, stage=Stage.QUEUED) if job.stage is Stage.FINISHING else job)


class LaxStore(WatchedStore):
    """Limits are read and not kept."""

    async def reserve(self, job: Job, limits: object, counters: object) -> bool:
        return await super().reserve(job, (), [(limit.scope, limit.window) for limit in limits])  # type: ignore[attr-defined]  # as it comes


class TrustingStore(WatchedStore):
    """A bill of many times its hold changes nothing for the others."""

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        return await super().settle(replace(job, cost=None), settlement, at_s)


class DisorderlyBoard(DiscordStatusMessages):
    """An older state is shown once more after a newer one."""

    def show(self, news: StatusUpdate) -> None:
        super().show(news)
        if news.job.stage is Stage.QUEUED:
            asyncio.get_running_loop().call_later(6.0, super().show, news)


class StubbornBoard(DiscordStatusMessages):
    """A deleted message is edited again and again."""

    def show(self, news: StatusUpdate) -> None:
        self._message(news.job).editor.is_gone = False
        super().show(news)


class SilentBoard(DiscordStatusMessages):
    """Endings are said to be shown."""

    async def finalize(self, news: StatusUpdate, pictures: Sequence[OutputFile]) -> DeliveryOutcome:
        await self._message(news.job).editor.stop_progress()
        return DeliveryOutcome.SHOWN


class CarelessBoard(DiscordStatusMessages):
    """An ending that was shown is not looked at again."""

    def _verify_later(self, *_: object) -> None:
        return


class HoardingBoard(DiscordStatusMessages):
    """Nothing is ever forgotten."""

    def drop(self, job_id: int) -> None:
        return


WRONG: Final[Mapping[str, tuple[Parts, str]]] = {
    "sends Run again on doubt": (Parts(wiro=BlindWiro), "tasks were run for"),
    "forgets the intent": (Parts(store=ForgetfulStore), "tasks were run for"),
    "voids what should be posted": (Parts(store=GenerousStore), "the ledger has"),
    "waits for no charge": (Parts(store=HastyStore), "the ledger has"),
    "charges past the hold": (Parts(store=RunawayStore), "late, more than was held"),
    "settles twice": (Parts(store=DoubleStore), "counter"),
    "turns a stage back": (Parts(store=TurningStore), "went from"),
    "keeps no limit": (Parts(store=LaxStore), "is passed"),
    "learns nothing from a surprise": (Parts(store=TrustingStore), "runs on with less than the surprise"),
    "ignores the order of edits": (Parts(board=DisorderlyBoard), "is shown after"),
    "edits what was deleted": (Parts(board=StubbornBoard), "is edited again"),
    "tells nobody": (Parts(board=SilentBoard), "never told"),
    "does not look back": (Parts(board=CarelessBoard), "has ended, and its message says"),
    "forgets nothing": (Parts(board=HoardingBoard), "left over"),
}
