"""The client against a scripted server: what it sends, what it makes of the answers, what it repeats."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import Awaitable, Callable
from itertools import repeat
from typing import Any

import aiohttp
import pytest

from bot.domain.clock import Clock
from bot.domain.job.events import Reached, Settled
from bot.domain.job.job import Stage
from bot.domain.job.task import Task
from bot.domain.money import Money
from bot.domain.request.files import StoredFile, Upload
from bot.engines import port
from bot.engines.wiro import frames, transport
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.shortening import KEPT_BYTES
from bot.engines.wiro.signing import Credentials, sign
from bot.engines.wiro.transport import MAX_ANSWER_BYTES
from tests.integration.engines.wiro.wiro_scripted import (
    KEY,
    SECRET,
    Responder,
    ScriptedApi,
    answer,
    half_an_answer,
    no,
    reset,
    silence,
    yes,
)

TASK = {"id": "2221", "socketaccesstoken": "tok", "status": "task_start", "parameters": {"seed": "7"}}
NOW_S = 1_795_384_800.0
TASK_TOKEN = "-".join(["task", "token", "canary"])  # in pieces: a traceback quotes the source


class Slept(list[float]):
    """A sleep that only remembers."""

    async def __call__(self, delay_s: float) -> None:
        self.append(delay_s)
        await asyncio.sleep(0)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def client(session: aiohttp.ClientSession, api: ScriptedApi, slept: Slept) -> WiroClient:
    return make_client(session, api.url, slept)


def make_client(session: aiohttp.ClientSession, url: str, slept: Slept, **options: Any) -> WiroClient:
    clock = Clock(wall=lambda: NOW_S, monotonic=lambda: sum(slept))
    return WiroClient(
        session,
        url,
        Credentials(KEY, SECRET),
        clock=clock,
        delays=options.pop("delays", lambda: repeat(0.25, 3)),
        sleep=slept,
        **options,
    )


async def test_run_is_a_signed_post_of_the_parameters(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [yes(taskid="2221", socketaccesstoken="tok")]
    task = await client.run("wiro/Virtual Try-On", {"prompt": "a fox", "steps": 28, "scale": 7.5}, key="k")
    assert task == Task("2221", "tok")
    (heard,) = api.heard
    assert heard.path == "/v1/Run/wiro/Virtual%20Try-On"
    assert heard.json == {"prompt": "a fox", "steps": 28, "scale": 7.5}
    nonce = heard.headers["x-nonce"]
    assert nonce == str(int(NOW_S * 1000))
    assert heard.headers["x-signature"] == sign(KEY, SECRET, nonce)
    assert heard.headers["User-Agent"].startswith("wiro-discord-bot/")


async def test_a_key_only_project_sends_no_signature(
    session: aiohttp.ClientSession, api: ScriptedApi
) -> None:
    api.script = [yes(taskid="1", socketaccesstoken="t")]
    clock = Clock(wall=lambda: NOW_S, monotonic=lambda: 0.0)
    await WiroClient(session, api.url + "/", Credentials(KEY), clock=clock).run("a/b", {}, key="k")
    assert {name for name in api.heard[0].headers if name.lower().startswith("x-")} == {"x-api-key"}


async def test_run_with_files_is_multipart(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [yes(taskid="1", socketaccesstoken="t")]
    pictures = [Upload("inputImage", f"{n}.png", b"PNG-%d" % n, "image/png") for n in (1, 2)]
    await client.run("a/b", {"prompt": "é", "steps": 3}, key="k", files=pictures)
    (heard,) = api.heard
    assert heard.content_type == "multipart/form-data"
    assert heard.body.count(b'name="inputImage"; filename=') == 2
    for part in (b"PNG-1", b"PNG-2", b'name="prompt"', "é".encode(), b'name="steps"', b"image/png"):
        assert part in heard.body


@pytest.mark.parametrize("slug", ["", "a", "a/../b", "../x", "a/b/c"])
async def test_run_goes_nowhere_but_to_a_model(client: WiroClient, api: ScriptedApi, slug: str) -> None:
    with pytest.raises(port.EngineNotFound):
        await client.run(slug, {}, key="k")
    assert api.heard == []


NO_TASK = yes()
DOUBTS = [
    (reset, port.EngineUnreachable),
    (half_an_answer, port.EngineUnreachable),
    (silence, port.EngineUnreachable),
    (answer("<html>", 502), port.EngineServerFault),
    (no(0, "boom", 500), port.EngineServerFault),
    (answer("not json"), port.EngineServerFault),
    (NO_TASK, port.EngineServerFault),
    (answer({"taskid": "1"}), port.EngineServerFault),
    (answer("", 307, Location="/v1/elsewhere"), port.EngineServerFault),
    (answer("", 504), port.EngineServerFault),
]
DOUBT_NAMES = ["reset", "cut", "silent", "502", "500", "no-json", "no-task", "no-result", "redirect", "504"]


@pytest.mark.parametrize(("responder", "kind"), DOUBTS, ids=DOUBT_NAMES)
async def test_run_is_sent_exactly_once_whatever_happens(
    session: aiohttp.ClientSession, api: ScriptedApi, slept: Slept, responder: Responder, kind: type
) -> None:
    client = make_client(session, api.url, slept, run_timeout_s=0.3 if responder is silence else 300)
    api.script = [responder]
    with pytest.raises(port.EngineError) as caught:
        await client.run("a/b", {"prompt": "x"}, key="k")
    assert type(caught.value) is kind
    if isinstance(caught.value, port.EngineUnreachable):
        assert caught.value.may_have_arrived
    await asyncio.sleep(0.05)
    assert len(api.heard) == 1
    assert slept == []


async def test_upload_and_folder_are_sent_exactly_once(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [reset, reset]
    with pytest.raises(port.EngineUnreachable):
        await client.upload(Upload("x", "a.png", b"1"))
    with pytest.raises(port.EngineUnreachable):
        await client.create_folder("train_1")
    assert len(api.heard) == 2


async def test_a_refused_connection_cannot_have_arrived(
    session: aiohttp.ClientSession, slept: Slept, unused_tcp_port: int
) -> None:
    client = make_client(session, f"http://127.0.0.1:{unused_tcp_port}/v1", slept)
    with pytest.raises(port.EngineUnreachable) as caught:
        await client.run("a/b", {}, key="k")
    assert not caught.value.may_have_arrived


async def test_an_unknown_host_cannot_have_heard_anything(
    session: aiohttp.ClientSession, slept: Slept
) -> None:
    client = make_client(session, "http://wiro.invalid/v1", slept)
    with pytest.raises(port.EngineUnreachable) as caught:
        await client.run("a/b", {}, key="k")
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize(
    ("responder", "kind"),
    [
        (no(96), port.EngineBusy),
        (no(97), port.EngineNoFunds),
        (no(1, "tool-not-accessible"), port.EngineNotFound),
        (no(0, "Request parameter [prompt] required"), port.EngineRefused),
        (no(0, "Project authorization is not valid.", 401), port.EngineAuthFailed),
        (answer("", 429, **{"Retry-After": "9"}), port.EngineRateLimited),
    ],
    ids=["busy", "funds", "model", "parameter", "auth", "rate"],
)
async def test_a_definite_no_to_run_is_told_as_what_it_is(
    client: WiroClient, api: ScriptedApi, responder: Responder, kind: type
) -> None:
    api.script = [responder]
    with pytest.raises(port.EngineError) as caught:
        await client.run("a/b", {}, key="k")
    assert type(caught.value) is kind
    assert len(api.heard) == 1
    if kind is port.EngineRateLimited:
        assert caught.value.retry_after_s == 9.0


async def test_detail_tells_of_the_task_asked_for(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [yes(total="1", tasklist=[TASK | {"id": "1"}, TASK])]
    report = await client.detail("2221")
    assert api.heard[0].json == {"taskid": "2221"}
    assert report.task.task_id == "2221"
    assert report.event == Reached(Stage.RUNNING)
    assert report.parameters == {"seed": "7"}


async def test_detail_of_another_task_is_a_fault(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [yes(tasklist=[TASK])]
    with pytest.raises(port.EngineServerFault):
        await client.detail("9")


@pytest.mark.parametrize(
    "responder", [yes(tasklist=[]), no(1, "There is no task yet."), no(0, "task-not-founded")], ids="abc"
)
async def test_a_task_nobody_knows_is_not_found(
    client: WiroClient, api: ScriptedApi, responder: Responder
) -> None:
    api.script = [responder]
    with pytest.raises(port.EngineNotFound):
        await client.detail("2221")


REPEATABLE: dict[str, Callable[[WiroClient], Awaitable[object]]] = {
    "detail": lambda client: client.detail("2221"),
    "recent_tasks": lambda client: client.recent_tasks(5),
    "cancel": lambda client: client.cancel("2221"),
    "kill": lambda client: client.kill("2221"),
    "model": lambda client: client.model("a/b"),
    "delete_files": lambda client: client.delete_files(Task("2221", "tok")),
    "check_credentials": lambda client: client.check_credentials(),
}


@pytest.mark.parametrize("name", REPEATABLE)
async def test_what_is_safe_to_repeat_is_repeated_with_fresh_nonces(
    client: WiroClient, api: ScriptedApi, slept: Slept, name: str
) -> None:
    api.script = [reset, answer("bad gateway", 502), answer("", 429), yes(tasklist=[TASK], tool=[{}])]
    await REPEATABLE[name](client)
    assert len(api.heard) == 4
    assert slept == [0.25] * 3
    nonces = [int(heard.headers["x-nonce"]) for heard in api.heard]
    assert nonces == sorted(set(nonces))
    for heard in api.heard:
        assert heard.headers["x-signature"] == sign(KEY, SECRET, heard.headers["x-nonce"])


@pytest.mark.parametrize("name", REPEATABLE)
async def test_attempts_are_bounded(client: WiroClient, api: ScriptedApi, name: str) -> None:
    api.script = [answer("", 503)] * 4
    with pytest.raises(port.EngineServerFault):
        await REPEATABLE[name](client)
    assert len(api.heard) == 4


async def test_a_no_is_not_repeated(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [no(1, "Task is not in a cancellable state.")]
    with pytest.raises(port.EngineRefused) as caught:
        await client.cancel("2221")
    assert not isinstance(caught.value, port.EngineNotFound)
    assert api.heard[0].json == {"taskid": "2221"}


async def test_retry_after_is_honoured(client: WiroClient, api: ScriptedApi, slept: Slept) -> None:
    date = "Sun, 22 Nov 2026 22:00:07 GMT"
    api.script = [
        answer("", 429, **{"Retry-After": "3"}),
        answer("", 503, **{"Retry-After": date}),
        yes(tasklist=[TASK]),
    ]
    await client.detail("2221")
    assert slept == [3.0, 7.0]


async def test_a_wait_past_the_budget_is_not_begun(
    client: WiroClient, api: ScriptedApi, slept: Slept
) -> None:
    api.script = [answer("", 429, **{"Retry-After": "600"})]
    with pytest.raises(port.EngineRateLimited) as caught:
        await client.detail("2221")
    assert caught.value.retry_after_s == 600.0
    assert slept == []


async def test_a_redirect_is_not_followed(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [answer("", 308, Location=api.url + "/other")] * 4
    with pytest.raises(port.EngineServerFault):
        await client.detail("2221")
    assert {heard.path for heard in api.heard} == {"/v1/Task/Detail"}


def many_texts(size: int) -> str:
    """So many characters, in texts that are too short to be cut."""
    return '["' + '","'.join(["x" * 1_000] * (size // 1_000)) + '"]'


async def test_an_answer_past_every_size_is_given_up_at_once(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [answer('{"result":true,"pad":' + many_texts(MAX_ANSWER_BYTES) + "}")]
    with pytest.raises(port.EngineAnswerTooLarge, match="size"):
        await client.detail("2221")
    assert len(api.heard) == 1


async def test_a_bill_beside_a_text_past_every_size_is_read(client: WiroClient, api: ScriptedApi) -> None:
    text = "first " + "\u00e9" * (MAX_ANSWER_BYTES // 4) + " last"
    task = {
        "id": "2221",
        "status": "task_postprocess_end",
        "outputs": [{"name": "a", "content": {"raw": text, "answer": [text]}}],
        "debugoutput": text,
        "pexit": "0",
        "totalcost": "0.25",
    }
    api.script = [answer({"result": True, "tasklist": [task]})]
    event = (await client.detail("2221")).event
    assert isinstance(event, Settled)
    assert event.cost == Money.parse("0.25")
    said = event.outputs[0].text or ""
    head, tail = said.split("\n\n[…]\n\n")
    assert head.startswith("first ")
    assert tail.endswith(" last")
    assert KEPT_BYTES // 8 < len(said) < KEPT_BYTES
    assert event.detail == "a text of more than a megabyte, of which the middle is left out"


async def test_a_page_of_tasks_past_every_size_is_asked_for_in_parts(
    client: WiroClient, api: ScriptedApi
) -> None:
    def tasks(first: int, last: int) -> dict[str, object]:
        return {"result": True, "tasklist": [{"id": str(number)} for number in range(first, last, -1)]}

    large = answer('{"result":true,"tasklist":' + many_texts(MAX_ANSWER_BYTES) + "}")
    api.script = [large, answer(tasks(100, 50)), answer(tasks(50, 20)), answer(tasks(20, 20))]
    found = await client.recent_tasks(100)
    assert [report.task.task_id for report in found] == [str(number) for number in range(100, 20, -1)]
    asked = [(heard.json["start"], heard.json["limit"]) for heard in api.heard]
    assert asked[:3] == [("0", "100"), ("0", "50"), ("50", "50")]


async def test_a_long_answer_is_read_beside_the_loop(
    client: WiroClient, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"id": "2221", "status": "task_postprocess_end", "pexit": "0"}
    outputs = [{"content": {"raw": "\u00e9" * 1_000_000}}]
    steps: list[tuple[str, bool]] = []
    here = threading.get_ident()

    def noted(name: str) -> Any:
        function = getattr(frames, name)

        def wrapper(*given: Any) -> Any:
            steps.append((name, threading.get_ident() == here))
            return function(*given)

        return wrapper

    for place, name in ((transport, "parsed"), (transport, "verdict"), (frames, "task_reports")):
        monkeypatch.setattr(place, name, noted(name))
    api.script = [answer({"result": True, "tasklist": [said | more]}) for more in ({}, {"outputs": outputs})]
    for _ in range(2):
        await client.detail("2221")
    names = ("parsed", "verdict", "task_reports")
    assert steps == [*((name, True) for name in names), *((name, False) for name in names)]


async def test_the_newest_tasks_come_newest_first_over_pages(client: WiroClient, api: ScriptedApi) -> None:
    pages = [[TASK | {"id": str(n)} for n in range(start, start - 100, -1)] for start in (400, 300)]
    api.script = [yes(total="900", tasklist=pages[0]), yes(total="900", tasklist=pages[1])]
    found = await client.recent_tasks(150)
    assert [report.task.task_id for report in found] == [str(n) for n in range(400, 250, -1)]
    assert [(heard.json["start"], heard.json["limit"]) for heard in api.heard] == [
        ("0", "100"),
        ("100", "50"),
    ]
    assert api.heard[0].json["order"] == "DESC"


async def test_no_task_yet_is_an_empty_list_but_a_missing_list_is_not(
    client: WiroClient, api: ScriptedApi
) -> None:
    api.script = [no(1, "There is no task yet."), no(0, "Error parsing url.", 404), *[yes()] * 4]
    assert await client.recent_tasks(20) == []
    with pytest.raises(port.EngineNotFound):
        await client.recent_tasks(20)
    with pytest.raises(port.EngineServerFault):
        await client.recent_tasks(20)


async def test_a_model_is_asked_for_by_its_clean_slug_first(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [no(1, "not-exist"), yes(tool=[{"title": "T", "parameters": None, "cps": "0.5"}])]
    model = await client.model("wiro/Virtual Try-On")
    assert [heard.json["slugproject"] for heard in api.heard] == ["virtual-try-on", "Virtual Try-On"]
    assert (model.slug, model.title, model.parameters) == ("wiro/Virtual Try-On", "T", None)
    assert model.cost_per_second == Money.parse("0.5")


async def test_a_model_that_answers_to_its_raw_slug_alone_is_found_through_the_catalogue(
    client: WiroClient, api: ScriptedApi
) -> None:
    raw = {"slugowner": "Wiro", "slugproject": "Big X", "cleanslugowner": "wiro", "cleanslugproject": "big-x"}
    api.script = [yes(tool=[]), yes(tool=[{"slugowner": "o"}, raw]), yes(tool=[raw])]
    assert (await client.model("wiro/big-x")).slug == "wiro/big-x"
    assert api.heard[2].json == {"slugowner": "Wiro", "slugproject": "Big X"}


async def test_a_model_nobody_knows_is_not_found(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [yes(tool=[]), yes(tool=[], total=0)]
    with pytest.raises(port.EngineNotFound):
        await client.model("a/b")


async def test_the_catalogue_is_read_to_its_end(client: WiroClient, api: ScriptedApi) -> None:
    entries = [{"cleanslugowner": "a", "cleanslugproject": f"m{n}", "title": f"M{n}"} for n in range(130)]
    api.script = [yes(total="130", tool=entries[:100]), yes(total=130, tool=entries[100:])]
    found = await client.models()
    assert [summary.slug for summary in found] == [f"a/m{n}" for n in range(130)]


async def test_thousands_of_models_are_read_however_few_a_page_holds(
    client: WiroClient, api: ScriptedApi
) -> None:
    entries = [{"cleanslugowner": "a", "cleanslugproject": f"m{n}"} for n in range(1_300)]
    api.script = [yes(tool=entries[at : at + 20]) for at in range(0, 1_300, 20)] + [yes(tool=[])]
    assert len(await client.models()) == 1_300
    assert [heard.json["start"] for heard in api.heard][-1] == "1300"


async def test_a_catalogue_without_an_end_is_left_off(
    client: WiroClient, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engines.wiro.client.MAX_MODELS", 250)
    pages = [[{"cleanslugowner": "a", "cleanslugproject": f"m{p}-{n}"} for n in range(100)] for p in range(9)]
    api.script = [yes(tool=page) for page in pages]
    assert len(await client.models()) == 250
    assert len(api.heard) == 3


async def test_a_catalogue_that_repeats_itself_ends(client: WiroClient, api: ScriptedApi) -> None:
    page = [{"cleanslugowner": "a", "cleanslugproject": f"m{n}"} for n in range(100)]
    api.script = [yes(total="9999", tool=page)] * 2
    assert len(await client.models()) == 100


async def test_good_credentials_pass_and_bad_ones_are_named(client: WiroClient, api: ScriptedApi) -> None:
    api.script = [no(1, "There is no task yet."), no(0, "Project authorization is not valid.", 401)]
    await client.check_credentials()
    with pytest.raises(port.EngineAuthFailed, match="not valid"):
        await client.check_credentials()


async def test_folders_and_files_are_kept_and_deleted(client: WiroClient, api: ScriptedApi) -> None:
    folder = {"id": "f1", "name": "train_1", "parentid": "0", "size": "0", "contenttype": ""}
    file = {"id": "u1", "name": "a.png", "url": "https://cdn1.wiro.ai/x/a.png"}
    api.script = [yes(list=[folder]), yes(data=file), yes()]
    assert await client.create_folder("train_1") == StoredFile("f1", "train_1", None)
    stored = await client.upload(Upload("ignored", "a.png", b"PNG", "image/png"), "f1")
    assert stored == StoredFile("u1", "a.png", "https://cdn1.wiro.ai/x/a.png")
    await client.delete_files(Task("2221", "tok"))
    assert b'name="file"; filename="a.png"' in api.heard[1].body
    assert b'name="folderid"' in api.heard[1].body
    assert api.heard[2].json == {"tasktoken": "tok"}


async def shout_headers(request: Any) -> Any:
    """An answer whose error repeats every secret it was sent."""
    words = " ".join([*request.headers.values(), SECRET, await request.text()])
    return await no(0, words)(request)


SPOILT = [*DOUBTS, (shout_headers, port.EngineRefused), (answer(KEY + SECRET, 401), port.EngineAuthFailed)]


@pytest.mark.parametrize(
    ("responder", "is_deleting"),
    [
        pytest.param(responder, is_deleting, id=f"{name}-{'delete' if is_deleting else 'detail'}")
        for (responder, _), name in zip(SPOILT, [*DOUBT_NAMES, "shout", "401"], strict=True)
        for is_deleting in (False, True)
        if not (is_deleting and responder is NO_TASK)  # a bare yes is a good answer to a deletion
    ],
)
async def test_no_secret_is_in_any_error_its_traceback_its_chain_or_the_log(
    session: aiohttp.ClientSession,
    api: ScriptedApi,
    slept: Slept,
    caplog: pytest.LogCaptureFixture,
    responder: Responder,
    is_deleting: bool,
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    client = make_client(session, api.url, slept, request_timeout_s=0.3 if responder is silence else 300)
    api.script = [responder] * 4
    task = Task("1", TASK_TOKEN)
    with pytest.raises(port.EngineError) as caught:
        await (client.delete_files(task) if is_deleting else client.detail("1"))
    signatures = [heard.headers["x-signature"] for heard in api.heard]
    api.script = []
    shown = [caplog.text, repr(client)]
    error: BaseException | None = caught.value
    while error is not None:
        shown += [repr(error), str(error), repr(error.args), "".join(traceback.format_exception(error))]
        assert not isinstance(error, aiohttp.ClientError)
        error = error.__cause__ or error.__context__
    for text in shown:
        assert not [secret for secret in (KEY, SECRET, TASK_TOKEN, *signatures) if secret in text]
