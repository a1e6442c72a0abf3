"""The life of a task: queue, run and post-processing, and a bill that follows its seconds."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeAlias

from sandbox.wiro.accounts import Wallet
from sandbox.wiro.cache import OutputCache
from sandbox.wiro.faults import Bill, FailTask, Hold, LateCharge, NoOutputs, OutputUrl, Slow, StderrNoise
from sandbox.wiro.generators import Unreadable
from sandbox.wiro.ledger import random_key
from sandbox.wiro.output_kinds import OutputKind
from sandbox.wiro.pace import Pace
from sandbox.wiro.tasks import Output, Status, Task
from sandbox.wiro.tool_answers import money
from sandbox.wiro.writer import PIECES, pieces, written

log = logging.getLogger(__name__)

# (task, frame type, message): what happened, for the sockets.
Publish: TypeAlias = Callable[[Task, str, object], None]


class Engine:
    """Owns one asyncio task per unfinished Wiro task; `close` leaves none behind."""

    def __init__(
        self,
        *,
        pace: Pace,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        chance: random.Random,
        cache: OutputCache,
        publish: Publish,
        output_base: Callable[[], str],
        read_source: Callable[[str], Awaitable[bytes | None]],
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._cache = cache
        self._publish = publish
        self._output_base = output_base
        self._read_source = read_source
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._wallets: dict[str, Wallet] = {}

    def begin(self, task: Task, wallet: Wallet) -> None:
        self._wallets[task.id] = wallet
        life = asyncio.create_task(self._live(task), name=f"sandbox-task-{task.id}")
        self._lives[task.id] = life
        life.add_done_callback(lambda done: self._forget(task.id, done))

    def stop_early(self, task: Task) -> None:
        """Cancel and Kill: ends the task at once.

        Unbilled (Wiro docs: cancelled time is free), but where the charge comes late: a task that is stopped
        while it runs "can still be charged once its work ends" (get_task_price, Nov 2026).
        """
        life = self._lives.get(task.id)
        if life is not None:
            life.cancel()
        self._charge(task, Decimal(0))
        self._reach(task, Status.CANCEL)

    async def close(self) -> None:
        lives = list(self._lives.values())
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)

    async def _live(self, task: Task) -> None:
        pace = self._pace
        # The first frame comes a moment after Run's answer, so that whoever registers at once hears it.
        await self._rest(task, pace.queue_s * 0.4)
        self._publish(task, Status.QUEUE.value, None)
        await self._rest(task, pace.queue_s * 0.6 + _held_s(task, Status.QUEUE))
        for status in (Status.ACCEPT, Status.PREPROCESS_START, Status.PREPROCESS_END, Status.ASSIGN):
            self._reach(task, status)
            await self._rest(task, pace.prepare_s / 4 + _held_s(task, status))
        self._reach(task, Status.START)
        await self._rest(task, _held_s(task, Status.START))
        failure = next((fault for fault in task.faults if isinstance(fault, FailTask)), None)
        failure = failure or await self._take_source(task)
        await self._run(task, failure)
        sizes: list[int] = []
        if failure is None:
            try:
                sizes = await self._make(task)
            except Unreadable as error:
                failure = FailTask(str(error))
                self._complain(task, failure.stderr)
        self._reach(task, Status.OUTPUT_FULL, {"raw": task.debug_output})
        if task.debug_error:
            self._publish(task, "task_error_full", {"raw": task.debug_error})
        self._reach(task, Status.END)
        self._reach(task, Status.POSTPROCESS_START)
        await self._rest(task, pace.finish_s + _held_s(task, Status.POSTPROCESS_START))
        self._finish(task, sizes, failed=failure is not None)

    async def _run(self, task: Task, failure: FailTask | None) -> None:
        """One task_output per step, paced so that more steps and pictures take longer."""
        if task.model.output_kind is OutputKind.TEXT and failure is None:
            await self._write(task)
            return
        total = task.order.steps
        pictures = 0.6 + 0.4 * task.order.samples
        model = task.model
        # A good part of a run does not depend on steps: loading, encoding, decoding.
        run_s = self._pace.run_s * model.pace_factor * pictures * (0.3 + 0.7 * total / model.default_steps)
        step_s = run_s / total * _slowness(task)
        noise = [line for fault in task.faults if isinstance(fault, StderrNoise) for line in fault.lines]
        fails_at = max(1, total // 2)
        for step in range(1, total + 1):
            await self._rest(task, run_s / total)
            if noise:
                self._complain(task, noise.pop(0))
            if failure and step >= fails_at:
                self._complain(task, failure.stderr)
                return
            progress = _progress(step, total, step_s)
            task.debug_output += f"Generate: {progress['percentage']}% {step}/{total}\n"
            self._reach(task, Status.OUTPUT, progress)
        for line in noise:
            self._complain(task, line)
        await self._rest(task, _held_s(task, Status.OUTPUT))

    async def _write(self, task: Task) -> None:
        """A text comes in growing pieces."""
        length = int(float(task.order.values.get("maxCharacters") or 900))
        whole = written(task.subject(0), length)
        run_s = self._pace.run_s * task.model.pace_factor
        for said in pieces(whole):
            await self._rest(task, run_s / PIECES)
            self._reach(task, Status.OUTPUT, said.as_wire())
        task.debug_output += whole.answer + "\n"
        task.said = None if any(isinstance(fault, NoOutputs) for fault in task.faults) else whole

    async def _take_source(self, task: Task) -> FailTask | None:
        """The first file of the order, read; one that is not there fails the task, as it would at Wiro."""
        for source in task.order.sources[:1]:
            data = source if isinstance(source, bytes) else await self._read_source(source)
            if data is None:
                return FailTask(f"FileNotFoundError: {source!r}")
            task.source = data
        needs_it = task.model.output_kind.needs_a_picture
        if needs_it and not task.source:
            return FailTask("ValueError: no input image")
        return None

    async def _make(self, task: Task) -> list[int]:
        if any(isinstance(fault, NoOutputs) for fault in task.faults) or task.said is not None:
            return []
        return [len(await self._cache.picture(task.subject(index))) for index in range(task.order.samples)]

    def _finish(self, task: Task, sizes: list[int], *, failed: bool) -> None:
        task.pexit = "1" if failed else "0"
        if not failed:
            task.outputs = self._outputs(task, sizes)
        self._charge(task, Decimal(0) if failed else _price(task))
        self._reach(task, Status.POSTPROCESS_END, task.outputs_as_wire())

    def _charge(self, task: Task, cost: Decimal) -> None:
        """What the project pays, and from when on the record says so."""
        late = next((fault for fault in task.faults if isinstance(fault, LateCharge)), None)
        if late is not None and Status.ACCEPT in task.times:  # what stood in the queue alone is free
            cost = _price(task) if late.totalcost is None else Decimal(late.totalcost)
            task.charged_from_s, task.uncharged = self._clock() + late.seconds, late.shown
        task.totalcost = _bill(task, cost)
        self._wallets.pop(task.id).charge(cost)

    def _outputs(self, task: Task, sizes: list[int]) -> tuple[Output, ...]:
        elsewhere = next((fault.url for fault in task.faults if isinstance(fault, OutputUrl)), None)
        parent_id = f"{self._chance.getrandbits(128):032x}"
        folder = "-".join(f"{self._chance.getrandbits(32):08x}" for _ in range(9))
        now_s = int(self._clock())
        suffix = task.model.output_kind.suffix
        return tuple(
            Output(
                id=f"{self._chance.getrandbits(128):032x}",
                name=f"{index}.{suffix}",
                parent_id=parent_id,
                uuid=task.uuid,
                size=size,
                added_s=now_s,
                access_key=random_key(self._chance),
                folder=folder,
                url=elsewhere or f"{self._output_base()}/{folder}/{index}.{suffix}",
                content_type=task.model.output_kind.content_type,
            )
            for index, size in enumerate(sizes)
        )

    def _complain(self, task: Task, line: str) -> None:
        task.debug_error += line + "\n"
        self._publish(task, "task_error", line)

    def _reach(self, task: Task, status: Status, message: object = None) -> None:
        task.reach(status, self._clock())
        task.last_message = message
        self._publish(task, status.value, message)

    async def _rest(self, task: Task, seconds: float) -> None:
        """Waits scaled, bills unscaled: from acceptance to task_end, as Wiro counts (queue time is free)."""
        seconds *= _slowness(task)
        await self._sleep(seconds * self._pace.scale)
        if Status.ACCEPT in task.times and Status.END not in task.times:
            task.worked_s += Decimal(str(round(seconds, 6)))

    def _forget(self, task_id: str, done: asyncio.Task[None]) -> None:
        self._lives.pop(task_id, None)
        if not done.cancelled() and done.exception() is not None:
            log.error("sandbox task %s broke", task_id, exc_info=done.exception())


def billed_s(task: Task) -> Decimal:
    """Seconds with the four decimals the wire shows, so that the bill can be checked from outside."""
    return Decimal(f"{task.worked_s:.4f}")


def _price(task: Task) -> Decimal:
    """What a success costs."""
    price = task.model.price_per_run
    return price if price is not None else billed_s(task) * task.model.cps


def _bill(task: Task, cost: Decimal) -> str:
    scripted = next((fault.totalcost for fault in task.faults if isinstance(fault, Bill)), None)
    if scripted is not None:
        return scripted
    return money(cost) if cost else "0"


def _slowness(task: Task) -> float:
    factor = 1.0
    for fault in task.faults:
        if isinstance(fault, Slow):
            factor *= fault.factor
    return factor


def _held_s(task: Task, status: Status) -> float:
    return sum(fault.seconds for fault in task.faults if isinstance(fault, Hold) and fault.at == status.value)


def _progress(step: int, total: int, step_s: float) -> dict[str, str]:
    """The progress object of the docs; every value is text."""
    speed = 1 / step_s if step_s > 0 else 99.0
    return {
        "type": "progressGenerate",
        "task": "Generate",
        "percentage": str(step * 100 // total),
        "stepCurrent": str(step),
        "stepTotal": str(total),
        "speed": f"{speed if speed >= 1 else step_s:.1f}",
        "speedType": "it/s" if speed >= 1 else "s/it",
        "elapsedTime": f"{step * step_s:.0f}s",
        "remainingTime": f"{(total - step) * step_s:.0f}s",
    }
