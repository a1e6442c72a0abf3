"""Whatever Wiro answers, in whatever bytes: an error of the family or a true value, and no secret in it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.clock import Clock
from bot.domain.job.events import Settled
from bot.domain.job.task import Task, TaskReport
from bot.domain.money import MAX_PICO, Money
from bot.engines.port import EngineError, EngineNotFound, EngineRefused, EngineServerFault
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.frames import parsed, started_task, task_reports
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.transport import MAX_ANSWER_BYTES, Answer, Transport
from tests.fuzz.fuzz_json import ANYTHING, Deep, deep, doubled_keys, spoilt, written
from tests.fuzz.fuzz_profile import tries
from tests.fuzz.fuzz_wiro import (
    CANCELLED,
    DETAIL,
    FAILED,
    KEY,
    LIST,
    NO,
    RUN,
    SECRET,
    STORED,
    TASK,
    TOKEN,
    TOOLS,
)

CREDENTIALS = Credentials(KEY, SECRET)


class OneAnswer(WiroClient):
    """The client over an exchange that always brings this answer: no network, the rest is real."""

    def __init__(self, status: int, content: bytes) -> None:
        clock = Clock(lambda: 1_772_366_400.0, lambda: 0.0)

        async def sleep(_seconds: float) -> None:
            await asyncio.sleep(0)

        session: Any = None  # never asked
        no_delays: Callable[[], Any] = lambda: iter(())  # noqa: E731
        super().__init__(session, "http://wiro.test", CREDENTIALS, clock=clock, delays=no_delays, sleep=sleep)
        self._transport = _Canned(
            session, "http://wiro.test", CREDENTIALS, clock=clock, delays=no_delays, sleep=sleep
        )
        self._transport.answer = (status, content)


class _Canned(Transport):
    answer: tuple[int, bytes] = (200, b"")

    async def _exchange(self, path: str, body: Any, timeout_s: float, form: Any, headers: Any) -> Answer:
        status, content = self.answer
        token = str((body or {}).get("tasktoken", ""))
        return Answer(self._judged(status, None, token, content), len(content))


@dataclass(frozen=True)
class Endpoint:
    """A method of the client and the true answers to it."""

    name: str
    call: Callable[[WiroClient], Awaitable[Any]]
    answers: list[Any]


def _deletion(client: WiroClient) -> Awaitable[Any]:
    return client.delete_files(Task("2221", TOKEN))


ENDPOINTS = [
    Endpoint("Run", lambda client: client.run("owner/a-model", {"prompt": "a fox"}, key="k"), [RUN, NO]),
    Endpoint("Detail", lambda client: client.detail("2221"), [DETAIL, FAILED, NO]),
    Endpoint("List", lambda client: client.recent_tasks(100), [LIST, NO]),
    Endpoint("Cancel", lambda client: client.cancel("2221"), [CANCELLED, NO]),
    Endpoint("Tool/List", lambda client: client.models(), [TOOLS, NO]),
    Endpoint("Tool/Detail", lambda client: client.model("owner/a-model"), [TOOLS, NO]),
    Endpoint("FolderCreate", lambda client: client.create_folder("input"), [STORED, NO]),
    Endpoint("InputOutputDelete", _deletion, [CANCELLED, NO]),
]
STATUSES = st.sampled_from([200, 200, 200, 200, 201, 204, 301, 400, 401, 404, 418, 429, 500, 502, 599])


def outcome(endpoint: Endpoint, status: int, content: bytes) -> Any:
    """What the call gives, or the error it raises; anything but the family fails the test by itself."""
    client = OneAnswer(status, content)

    async def ask() -> Any:
        try:
            return await endpoint.call(client)
        except EngineError as error:
            return error

    found = asyncio.run(ask())
    check_secrets(found)
    return found


def check_secrets(found: Any) -> None:
    """No error and no failure in Wiro's words tells a secret of ours; all of it can be written to a log."""
    f"{found} {found!r}".encode()
    if isinstance(found, EngineError):
        seen = " ".join(map(repr, (found, found.args, found.message, found.__context__, found.__cause__)))
        assert not any(secret in seen for secret in (KEY, SECRET))
    for report in found if isinstance(found, list) else [found]:
        if isinstance(report, TaskReport) and isinstance(report.event, Settled):
            assert not any(secret in report.event.detail for secret in (KEY, SECRET))
            assert report.event.cost is None or 0 <= report.event.cost.pico <= MAX_PICO


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@tries(40)
@given(data=st.data(), status=STATUSES)
def test_a_spoilt_answer_is_an_error_of_the_family_or_true(
    endpoint: Endpoint, data: st.DataObject, status: int
) -> None:
    answer = data.draw(spoilt(endpoint.answers))
    found = outcome(endpoint, status, written(answer).encode("utf-8", "surrogatepass"))
    if status >= 300:
        assert isinstance(found, EngineError)


def is_a_yes(content: bytes) -> bool:
    """By the letter of the protocol: an object whose `result` is true, be it as a word or a number."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and str(answer.get("result")).strip().lower() in {"true", "1", "1.0"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@tries(30)
@given(
    content=st.binary(max_size=64) | ANYTHING.map(lambda value: json.dumps(value).encode()), status=STATUSES
)
@example(content=b"", status=200)
@example(content=b"\xff\xfe{\0}\0", status=200)
@example(content=b"{}", status=200)
@example(content=b'{"result": true}', status=200)
@example(content=b'{"result": "yes"}', status=200)
@example(content=b"9" * 5000, status=200)
@example(content=b'{"result": ' + b"9" * 5000 + b"}", status=200)
@example(content=b"[" * 100_000, status=200)
@example(content=b"<html>502 Bad Gateway</html>", status=200)
def test_anything_at_all_is_never_taken_for_a_yes(endpoint: Endpoint, content: bytes, status: int) -> None:
    found = outcome(endpoint, status, content)
    assert isinstance(found, EngineError) or (status < 300 and is_a_yes(content))
    if endpoint.name in {"Run", "Detail", "List", "Tool/List", "FolderCreate"}:
        assert isinstance(found, EngineError)  # a bare yes names no task, list or file


@tries(200)
@given(answer=spoilt([RUN]))
@example(answer=RUN | {"taskid": False})
@example(answer=RUN | {"taskid": "null"})
@example(answer=RUN | {"taskid": 0})
@example(answer=RUN | {"taskid": " "})
@example(answer=RUN | {"taskid": 1e22})
def test_a_run_gives_a_task_that_can_be_asked_for_or_is_in_doubt(answer: Any) -> None:
    """Nonsense taken for a task would be asked for in vain and given up, while the true one is billed."""
    try:
        task = started_task(parsed(written(answer)))
    except EngineServerFault:
        return
    name = task.task_id
    assert name == name.strip()
    assert name.isprintable()
    assert 0 < len(name) <= 100
    assert name.lower() not in {"0", "null", "none", "true", "false", "nan", "undefined"}


LIST_LOST = [
    {"result": True},
    {"result": True, "tasklist": None},
    {"result": True, "tasklist": "[{", "total": "0"},
    {"result": True, "tasklist": [None]},
    {"result": True, "tasklist": ["2221"]},
    {"result": True, "tasklist": [{}]},
    {"result": True, "tasklist": {}},
    {"result": True, "tasklist": [TASK | {"id": None}]},
    {"result": True, "tasklist": [TASK | {"id": False}]},
    {"result": True, "tasklist": [TASK | {"id": 0.5}]},
    {"result": True, "tasklist": 7},
]


@pytest.mark.parametrize("answer", LIST_LOST, ids=str)
def test_a_list_that_cannot_be_read_is_not_an_empty_one(answer: dict[str, Any]) -> None:
    for endpoint in (ENDPOINTS[1], ENDPOINTS[2]):
        found = outcome(endpoint, 200, json.dumps(answer).encode())
        assert isinstance(found, EngineServerFault), f"{endpoint.name}: {found!r}"


@tries(200)
@given(answer=spoilt([LIST, DETAIL]))
def test_a_task_is_absent_only_from_a_list_that_was_read_in_full(answer: Any) -> None:
    try:
        reports = task_reports(parsed(written(answer)), CREDENTIALS.redact)
    except EngineServerFault:
        return
    listed = answer.get("tasklist", answer.get("data"))
    listed = (
        listed if isinstance(listed, list) else json.loads(listed) if isinstance(listed, str) else [listed]
    )
    told = listed if listed != [None] else []
    assert len(reports) == len(told) or isinstance(listed, Deep)


def test_a_failure_in_wiros_words_carries_no_secret_even_where_it_is_cut() -> None:
    for padding in range(280, 320):
        words = f"{KEY} {SECRET} {'x' * padding}"
        answer = DETAIL | {"tasklist": [TASK | {"pexit": "1", "debugerror": words, "outputs": []}]}
        found = outcome(ENDPOINTS[1], 200, json.dumps(answer).encode())
        assert not any(part in found.event.detail for part in ("canary", "fuzz"))


def test_the_last_of_two_keys_of_one_name_counts_and_a_refusal_stays_one() -> None:
    yes_then_no = doubled_keys(RUN, {"result": False, "errors": [{"code": 97, "message": "no"}]})
    assert isinstance(outcome(ENDPOINTS[0], 200, yes_then_no.encode()), EngineRefused)
    named_twice = doubled_keys(RUN, {"taskid": "2222"})
    assert outcome(ENDPOINTS[0], 200, named_twice.encode()).task_id == "2222"


@pytest.mark.parametrize("kind", ["list", "object"])
@pytest.mark.parametrize("levels", [500, 990, 1_010, 200_000])
def test_deep_nesting_is_read_or_refused(kind: str, levels: int) -> None:
    for key in ("tasklist", "errors", "parameters", "message"):
        for endpoint in ENDPOINTS:
            outcome(endpoint, 200, written({"result": True, key: deep(levels, kind)}).encode())
    task = TASK | {"parameters": deep(levels, kind), "outputs": deep(levels, kind)}
    outcome(ENDPOINTS[1], 200, written(DETAIL | {"tasklist": [task]}).encode())


BLOCK = b" " * 1024 * 1024


@contextlib.asynccontextmanager
async def served(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server on loopback that answers everything so; its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


BODIES: list[tuple[str, bytes, dict[str, str]]] = [
    ("ten megabytes", b'{"result": "perhaps", "taskid": "1", "x": "' + b"a" * 10_000_000 + b'"}', {}),
    ("not what its encoding says", b"{}", {"Content-Encoding": "gzip"}),
    ("no text", bytes(range(256)) * 8, {"Content-Type": "application/json; charset=utf-7"}),
    ("a page", b"<html>", {"Content-Type": "text/html", "Retry-After": "soon"}),
    ("a wait for ever", b"{}", {"Retry-After": "9" * 400}),
]


@pytest.mark.parametrize(("name", "body", "headers"), BODIES, ids=[name for name, _, _ in BODIES])
async def test_over_the_wire_every_method_raises_the_family_and_nothing_else(
    name: str, body: bytes, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response(body=body, headers=headers)

    clock = Clock(lambda: 1_772_366_400.0, itertools.count().__next__)
    async with served(handle) as url, aiohttp.ClientSession() as session:
        client = WiroClient(session, url, CREDENTIALS, clock=clock, delays=lambda: iter(()))
        for endpoint in ENDPOINTS:
            with pytest.raises(EngineError) as raised:
                await endpoint.call(client)
            assert not isinstance(raised.value, EngineNotFound), name
            check_secrets(raised.value)
    assert not any(secret in caplog.text for secret in (KEY, SECRET, TOKEN))


async def test_an_answer_past_every_size_is_given_up_before_it_is_read() -> None:
    sent = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        await request.read()
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(20 * MAX_ANSWER_BYTES // len(BLOCK)):
                await response.write(BLOCK)
                sent += len(BLOCK)
        return response

    async with served(handle) as url, aiohttp.ClientSession() as session:
        clock = Clock(lambda: 1_772_366_400.0, itertools.count().__next__)
        client = WiroClient(session, url, CREDENTIALS, clock=clock, delays=lambda: iter(()))
        with pytest.raises(EngineServerFault, match="past every size"):
            await client.run("owner/a-model", {}, key="k")
    assert sent < 3 * MAX_ANSWER_BYTES


@tries(200)
@given(cost=ANYTHING)
@example(cost="NaN")
@example(cost="1e9")
@example(cost="-0.01")
@example(cost=1e308)
@example(cost="1e999")
@example(cost="0." + "9" * 39)
@example(cost=True)
def test_a_price_is_exact_money_or_unknown(cost: Any) -> None:
    answer = DETAIL | {"tasklist": [TASK | {"totalcost": cost}]}
    (report,) = task_reports(parsed(written(answer)))
    assert isinstance(report.event, Settled)
    money = report.event.cost
    assert money is None or (type(money) is Money and type(money.pico) is int)
    assert money is None or 0 <= money.pico <= 1_000 * 10**12
