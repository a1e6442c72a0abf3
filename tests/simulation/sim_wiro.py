"""A simulated Wiro: tasks whose stages take their time, its own books of bills, answers that get lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.job.events import Cancelled, Event, Progressed, Reached, Settled
from bot.domain.job.job import Output, Progress, Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.money import ZERO, Money
from bot.domain.request.files import StoredFile, Upload
from bot.engines.port import (
    EngineAuthFailed,
    EngineBusy,
    EngineError,
    EngineNoFunds,
    EngineNotFound,
    EngineRateLimited,
    EngineRefused,
    EngineServerFault,
    EngineUnreachable,
)
from tests.simulation.sim_trace import Trace
from tests.simulation.sim_weather import Weather
from tests.simulation.sim_wire import Life, Wire

MODEL: Final = "simulated/painter"
RUN_TIMEOUT_S: Final = 60.0
REQUEST_TIMEOUT_S: Final = 20.0
PRICE: Final = Money.parse("0.05")


@dataclass(slots=True)
class SimTask:
    """One line of Wiro's books."""

    task_id: str
    key: tuple[str, str]  # prompt and seed
    parameters: Mapping[str, str]
    created_at_s: float  # by Wiro's clock
    shown_from_s: float  # in Task/Detail
    listed_from_s: float
    stage: Stage = Stage.QUEUED
    end: Event | None = None
    billed: Money = ZERO  # in the end, whatever is on record by now
    is_late: bool = False  # it was charged only after its end
    is_readable: bool = True


class SimWiro:
    """The account. Everything it does is the world's; `port` gives an engine its client."""

    def __init__(
        self, wire: Wire, weather: Weather, chance: Random, trace: Trace, wall: Callable[[], float]
    ) -> None:
        self.wire = wire
        self.weather = weather
        self.chance = chance
        self.trace = trace
        self._wall = wall
        self.tasks: dict[str, SimTask] = {}
        self.by_key: Counter[tuple[str, str]] = Counter()
        self.asked: Callable[[tuple[str, str]], int] = lambda key: 0  # jobs on record for such a task
        self.at_once = chance.choice((3, 6, 20, 1000))
        self.down_until_s = 0.0
        self.publish: Callable[[str, Event], None] = lambda task_id, event: None
        self.live = 0

    def port(self, life: Life) -> WiroPort:
        return WiroPort(self, life)

    # --- what arrives ----------------------------------------------------------------------------

    def accept(self, parameters: Mapping[str, str]) -> Task:
        """Run has arrived. Raises the refusals."""
        weather, chance = self.weather, self.chance
        if self.live >= self.at_once:
            self.trace.note("run-busy")
            if chance.random() < 0.2:
                raise EngineRateLimited(
                    "slow down", http_status=429, retry_after_s=chance.choice((None, 3.0))
                )
            raise EngineBusy("too many", code=96)
        if chance.random() < weather.run_refused:
            self.trace.note("run-refused")
            raise chance.choice(
                (
                    EngineNoFunds("no funds", code=97),
                    EngineAuthFailed("no", http_status=401),
                    EngineRefused("no"),
                )
            )
        key = (parameters["prompt"], parameters["seed"])
        now_s = self.wire.loop.now_s
        lag_s = chance.choice((1.0, 20.0, 100.0)) if chance.random() < weather.list_lags else 0.0
        detail_lag_s = chance.choice((0.3, 2.0, 15.0)) if chance.random() < weather.detail_lags else 0.0
        task = SimTask(
            task_id=str(1000 + len(self.tasks)),
            key=key,
            parameters=parameters,
            created_at_s=float(int(self._wall() + chance.uniform(-5, 5))),
            shown_from_s=now_s + detail_lag_s,
            listed_from_s=now_s + lag_s,
        )
        self.tasks[task.task_id] = task
        self.live += 1
        self.by_key[key] += 1
        self.trace.note("task", f"{task.task_id} {key}")
        asked = self.asked(key)
        if self.by_key[key] > asked:
            self.trace.fail(f"{self.by_key[key]} tasks were run for {asked} jobs with {key}")
        self._plan(task)
        return Task(task.task_id, f"token-{task.task_id}")

    def detail(self, task_id: str) -> TaskReport:
        task = self.tasks.get(task_id)
        if task is None or self.wire.loop.now_s < task.shown_from_s:
            raise EngineNotFound("no such task", code=1)
        return self._report(task)

    def listed(self, limit: int) -> Sequence[TaskReport]:
        now_s = self.wire.loop.now_s
        shown: list[TaskReport] = []
        for task in reversed(self.tasks.values()):
            if task.listed_from_s <= now_s:
                shown.append(self._report(task))
                if len(shown) >= limit:
                    break
        return shown

    def stop(self, task_id: str, *, is_kill: bool) -> None:
        task = self.tasks.get(task_id)
        if task is None:
            raise EngineNotFound("no such task", code=1)
        if task.end is not None or (task.stage > Stage.QUEUED) != is_kill:
            raise EngineRefused("not at this stage")
        # A killed task may be billed for the time it took.
        is_billed = is_kill and self.chance.random() < max(0.2, self.weather.charge_late)
        billed = PRICE.scaled(self.chance.choice((1, 2))) if is_billed else Money(0)
        self.trace.note("kill" if is_kill else "cancel", task_id)
        end = Cancelled(billed, 1.0, has_run=is_kill)
        self.wire.loop.fate(self.chance.uniform(0.05, 2.0), self._end, task, end, billed)

    # --- how a task goes on ----------------------------------------------------------------------

    def _plan(self, task: SimTask) -> None:
        chance, loop = self.chance, self.wire.loop
        at_s = chance.choice((0.0, 0.5, 8.0)) * chance.random()
        loop.fate(at_s, self._reach, task, Reached(Stage.PREPARING))
        at_s += 3 * chance.random()
        loop.fate(at_s, self._reach, task, Reached(Stage.RUNNING))
        total = chance.randint(1, 4)
        for step in range(1, total + 1):
            at_s += 2 * chance.random()
            loop.fate(at_s, self._reach, task, Progressed(Progress(step, total)))
        if chance.random() < self.weather.task_hangs:
            return
        loop.fate(at_s + chance.random(), self._reach, task, Reached(Stage.FINISHING))
        billed = Money(PRICE.pico * chance.randint(5, 15) // 10)
        if chance.random() < self.weather.price_surprises:
            billed = PRICE.scaled(chance.choice((5, 40, 400)))
        is_success = chance.random() >= self.weather.task_fails
        if is_success:
            task.is_readable = chance.random() >= self.weather.price_unreadable
            cost = billed if task.is_readable else None
            outputs = (Output("0.png", "image/png", f"https://cdn1.wiro.ai/{task.task_id}/0.png"),)
            end = Settled(is_success=True, cost=cost, outputs=outputs, elapsed_s=round(at_s, 1))
        else:
            billed = billed if chance.random() < self.weather.charge_late / 2 else Money(0)
            end = Settled(is_success=False, cost=billed, elapsed_s=1.0, detail="out of memory")
        loop.fate(at_s + 1 + 2 * chance.random(), self._end, task, end, billed)

    def _reach(self, task: SimTask, event: Reached | Progressed) -> None:
        if task.end is not None:
            return
        task.stage = event.stage if isinstance(event, Reached) else Stage.RUNNING
        self.publish(task.task_id, event)

    def _end(self, task: SimTask, end: Settled | Cancelled, billed: Money) -> None:
        if task.end is not None:
            return
        task.end, task.billed = end, billed
        if billed > ZERO and end.cost is not None and self.chance.random() < self.weather.charge_late:
            task.is_late = True
            task.end = replace(end, cost=self.chance.choice((ZERO, None)))
            after_s = self.chance.choice((30.0, 600.0, 5_000.0, 80_000.0))
            self.trace.note("late-charge", f"{task.task_id} {after_s}")
            self.wire.loop.fate(after_s, self._charge, task, end)
        self.live -= 1
        self.trace.note("task-end", f"{task.task_id} {billed.pico}")
        self.publish(task.task_id, Reached(Stage.FINISHING))

    def _charge(self, task: SimTask, end: Event) -> None:
        task.end = end

    def _report(self, task: SimTask) -> TaskReport:
        event = task.end or Reached(task.stage)
        return TaskReport(
            Task(task.task_id, f"token-{task.task_id}"), event, task.parameters, task.created_at_s
        )


class WiroPort:
    """What an engine asks: the client's contract, in answers and in errors."""

    def __init__(self, wiro: SimWiro, life: Life) -> None:
        self._wiro = wiro
        self._life = life

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        wiro, wire, chance, weather = self._wiro, self._wiro.wire, self._wiro.chance, self._wiro.weather
        sent = {name: str(value) for name, value in parameters.items()}
        wiro.trace.note("run", f"{sent['prompt']} {sent['seed']}")
        if wire.loop.now_s < wiro.down_until_s:
            is_refused = chance.random() < 0.5
            error = EngineUnreachable("refused", may_have_arrived=not is_refused)
            return await self._never(error, wire.latency_s() if is_refused else RUN_TIMEOUT_S)
        if chance.random() < weather.run_slow:
            # It stands in a proxy somewhere; the client has long given up.
            wire.loop.fate(chance.choice((70.0, 100.0, 400.0, 3000.0)), self._accept_unheard, sent)
            return await self._never(EngineUnreachable("no answer"), RUN_TIMEOUT_S)
        if chance.random() < weather.run_lost:
            error = chance.choice((EngineUnreachable("reset"), EngineServerFault("502", http_status=502)))
            if chance.random() < 0.3:
                return await self._never(error, wire.latency_s())
            back_s = chance.choice((wire.latency_s(), RUN_TIMEOUT_S))
            result: Task = await wire.call(self._life, lambda: wiro.accept(sent), back_s=back_s, lost=error)
            return result
        task: Task = await wire.call(self._life, lambda: wiro.accept(sent))
        return task

    async def detail(self, task_id: str) -> TaskReport:
        report: TaskReport = await self._ask(lambda: self._wiro.detail(task_id))
        return report

    async def cancel(self, task_id: str) -> None:
        await self._ask(lambda: self._wiro.stop(task_id, is_kill=False))

    async def kill(self, task_id: str) -> None:
        await self._ask(lambda: self._wiro.stop(task_id, is_kill=True))

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        reports: Sequence[TaskReport] = await self._ask(lambda: self._wiro.listed(limit))
        return reports

    async def model(self, slug: str) -> Model:
        model: Model = await self._ask(lambda: Model(MODEL, "Painter", approximate_cost=PRICE))
        return model

    async def models(self) -> Sequence[ModelSummary]:
        models: Sequence[ModelSummary] = await self._ask(lambda: (ModelSummary(MODEL, "Painter", PRICE),))
        return models

    async def delete_files_of(self, task_id: str) -> None:
        await self._ask(lambda: None)

    async def log_of(self, task_id: str) -> str:
        raise EngineNotFound("nobody asks here")

    async def create_folder(self, name: str) -> StoredFile:
        raise EngineNotFound("nobody asks here")

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        raise EngineNotFound("nobody asks here")

    async def _ask(self, act: Callable[[], Any]) -> Any:
        wiro, wire, chance = self._wiro, self._wiro.wire, self._wiro.chance
        self._life.require()
        is_down = wire.loop.now_s < wiro.down_until_s
        if is_down or (wiro.weather.rest_fault and chance.random() < wiro.weather.rest_fault):
            error: EngineError = chance.choice((EngineServerFault("503"), EngineUnreachable("no answer")))
            after_s = chance.choice((wire.latency_s(), wire.latency_s(), REQUEST_TIMEOUT_S))
            if not is_down and chance.random() < 0.5:
                return await wire.call(self._life, act, back_s=after_s, lost=error)
            return await self._never(error, after_s)
        return await wire.call(self._life, act)

    async def _never(self, error: Exception, after_s: float) -> Any:
        return await self._wiro.wire.fail(self._life, error, after_s)

    def _accept_unheard(self, sent: Mapping[str, str]) -> None:
        try:
            self._wiro.accept(sent)
        except EngineError:
            return
