"""Each fault of requests, tasks and pictures does what it says, as often as asked, and to nobody else."""

import asyncio
import gzip
import io
import warnings
import zlib

import aiohttp
import pytest
from PIL import Image

from sandbox.wiro import faults
from sandbox.wiro.faults import (
    Bill,
    Drop,
    FailTask,
    Hold,
    LateCdn,
    LateCharge,
    ListLag,
    Moment,
    NoOutputs,
    OutputUrl,
    Slow,
    Spoil,
    Spoilt,
    StderrNoise,
    Wait,
)
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import Options

SD3 = "stabilityai/stable-diffusion-3-medium"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (faults.BUSY, 200, 96),
        (faults.NO_FUNDS, 200, 97),
        (faults.SIGN_IN, 200, 98),
        (faults.UNAUTHORISED, 401, 0),
        (faults.FORBIDDEN, 403, 0),
    ],
)
async def test_a_scripted_refusal_strikes_once_and_runs_nothing(connect, fault, status, code):
    wire = await connect()
    wire.sandbox.faults.add(fault, path="Run/")
    got, answer = await wire.post(f"Run/{SD3}", {"prompt": "x"})
    assert (got, answer["result"], answer["errors"][0]["code"]) == (status, False, code)
    assert wire.sandbox.ledger.tasks == ()
    await wire.run()


async def test_429_says_when_to_come_back(connect):
    wire = await connect()
    wire.sandbox.faults.add(faults.rate_limited(7), path="Task/Detail")
    async with wire.session.post(f"{wire.sandbox.api_url}/Task/Detail", headers=wire.headers()) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("fault", [faults.GARBAGE, faults.server_error(502)])
async def test_an_answer_may_be_no_json_at_all(connect, fault):
    wire = await connect()
    wire.sandbox.faults.add(fault, path="Task/List")
    async with wire.session.post(f"{wire.sandbox.api_url}/Task/List", headers=wire.headers()) as answer:
        assert answer.status == fault.http_status
        assert (await answer.read()).startswith(b"<")


@pytest.mark.parametrize(
    ("fault", "tasks"),
    [(Drop(), 1), (Drop(Moment.BEFORE), 0)],
    ids=["after the effect", "before it"],
)
async def test_a_lost_reply_may_hide_an_accepted_task(connect, fault, tasks):
    wire = await connect()
    wire.sandbox.faults.add(fault, path="Run/")
    with pytest.raises(aiohttp.ClientError):
        await wire.post(f"Run/{SD3}", {"prompt": "x"})
    assert len(wire.sandbox.ledger.tasks) == tasks


async def test_a_5xx_may_hide_an_accepted_task(connect):
    wire = await connect()
    wire.sandbox.faults.add(faults.server_error(504, moment=Moment.AFTER), path="Run/")
    async with wire.session.post(
        f"{wire.sandbox.api_url}/Run/{SD3}", json={"prompt": "x"}, headers=wire.headers()
    ) as answer:
        assert answer.status == 504
    assert len(wire.sandbox.ledger.tasks) == 1


async def test_a_held_reply_comes_late_or_when_the_server_stops(connect):
    wire = await connect()
    wire.sandbox.faults.add(Wait(0.05), path="Run/").add(Wait(None), path="Task/Detail")
    _, token = await wire.run()
    hanging = asyncio.create_task(wire.post("Task/Detail", {"tasktoken": token}))
    done, _ = await asyncio.wait({hanging}, timeout=0.2)
    assert not done
    await wire.sandbox.stop()
    async with asyncio.timeout(300):
        await asyncio.gather(hanging, return_exceptions=True)


async def test_faults_match_by_prompt_model_and_number(connect):
    wire = await connect()
    script = wire.sandbox.faults
    script.add(FailTask(), prompt="cursed", times=None)
    script.add(FailTask(), model="sdxl-turbo", nth=2)
    turbo = "stabilityai/sdxl-turbo"
    wishes = [
        ("cursed one", SD3),
        ("fine", SD3),
        ("cursed two", SD3),
        ("a", turbo),
        ("b", turbo),
        ("c", turbo),
    ]
    tokens = [(await wire.run(prompt, model))[1] for prompt, model in wishes]
    exits = [(await wire.ended(token))["pexit"] for token in tokens]
    assert exits == ["1", "0", "1", "0", "1", "0"]
    script.clear()
    _, token = await wire.run("cursed three")
    assert (await wire.ended(token))["pexit"] == "0"


async def test_a_failed_task_costs_nothing_and_says_why(connect):
    wire = await connect()
    wire.sandbox.faults.add(FailTask("boom"))
    _, token = await wire.run()
    task = await wire.ended(token)
    assert (task["status"], task["pexit"], task["outputs"]) == ("task_postprocess_end", "1", [])
    assert (task["totalcost"], task["debugerror"]) == ("0", "boom\n")


@pytest.mark.parametrize("text", ["NaN", "1e9", "-1"])
async def test_a_bill_may_be_nonsense(connect, text):
    wire = await connect()
    wire.sandbox.faults.add(Bill(text))
    _, token = await wire.run()
    assert (await wire.ended(token))["totalcost"] == text


@pytest.mark.parametrize("shown", ["0", None])
@pytest.mark.parametrize(("fault", "pexit"), [(StderrNoise(), "0"), (FailTask(), "1")])
async def test_a_charge_may_come_late_whatever_the_end(connect, clock, shown, fault, pexit):
    wire = await connect(clock=clock)
    wire.sandbox.faults.add(LateCharge(600, shown)).add(fault)
    task_id, token = await wire.run()
    assert (await wire.ended(token))["pexit"] == pexit
    for seconds, is_charged in ((0, False), (599, False), (2, True)):
        clock.now_s += seconds
        cost = (await wire.detail(token))["totalcost"]
        assert cost == (wire.sandbox.ledger.task(task_id).totalcost if is_charged else shown)
    assert float(cost) > 0


async def test_one_stopped_while_it_ran_is_charged_late_and_one_stopped_in_the_queue_never(connect, clock):
    wire = await connect(clock=clock)
    wire.sandbox.faults.add(LateCharge(60, totalcost="0.02"), times=None)
    wire.sandbox.faults.add(Hold("task_queue", 1e6), prompt="queued")
    wire.sandbox.faults.add(Hold("task_start", 1e6), prompt="started")
    (queued, _), (started, token) = await wire.run("queued"), await wire.run("started")
    await wire.until(token, "task_start")
    await wire.post("Task/Cancel", {"taskid": queued})
    await wire.post("Task/Kill", {"taskid": started})
    for seconds, costs in ((0, [0, 0]), (61, [0, 0.02])):
        clock.now_s += seconds
        assert [float((await wire.detail(name))["totalcost"]) for name in (queued, started)] == costs


async def test_success_may_come_without_outputs(connect):
    wire = await connect()
    wire.sandbox.faults.add(NoOutputs())
    _, token = await wire.run()
    task = await wire.ended(token)
    assert (task["pexit"], task["outputs"]) == ("0", [])
    assert float(task["totalcost"]) > 0


async def test_a_slow_task_is_billed_for_its_slowness(connect):
    wire = await connect()
    wire.sandbox.faults.add(Slow(3.0))
    _, slow = await wire.run()
    _, usual = await wire.run()
    ratio = float((await wire.ended(slow))["totalcost"]) / float((await wire.ended(usual))["totalcost"])
    assert ratio == pytest.approx(3.0, rel=1e-3)


async def test_a_task_can_be_held_where_it_stands(connect):
    wire = await connect(pace=Pace(scale=0.01))
    wire.sandbox.faults.add(Hold("task_queue", 1e6)).add(Hold("task_postprocess_start", 1e6), prompt="other")
    _, queued = await wire.run()
    _, finishing = await wire.run("other")
    await wire.until(finishing, "task_postprocess_start")
    assert (await wire.detail(queued))["status"] == "task_queue"


async def test_the_list_may_lag_behind_while_detail_knows(connect, clock):
    wire = await connect(clock=clock)
    wire.sandbox.faults.add(ListLag(60))
    task_id, token = await wire.run()
    assert (await wire.detail(token))["id"] == task_id
    for seconds, known in ((0, []), (59, []), (2, [task_id])):
        clock.now_s += seconds
        _, answer = await wire.post("Task/List", {})
        assert [task["id"] for task in answer["tasklist"]] == known


async def test_the_cdn_may_be_late(connect, clock):
    wire = await connect(clock=clock)
    wire.sandbox.faults.add(LateCdn(5))
    _, token = await wire.run()
    url = (await wire.ended(token))["outputs"][0]["url"]
    for seconds, status in ((0, 404), (4.9, 404), (0.2, 200)):
        clock.now_s += seconds
        async with wire.session.get(url) as answer:
            assert answer.status == status


async def test_a_picture_request_can_break_too_and_is_logged_without_credentials(connect):
    wire = await connect()
    wire.sandbox.faults.add(faults.server_error(503), path="cdn/")
    _, token = await wire.run()
    url = (await wire.ended(token))["outputs"][0]["url"]
    statuses = []
    for _ in range(2):
        async with wire.session.get(url) as answer:
            statuses.append(answer.status)
    assert statuses == [503, 200]
    assert [entry.had_credentials for entry in wire.sandbox.ledger.requests_to("cdn/")] == [False, False]


async def spoilt(wire, how):
    """Headers and raw body of the file served instead of a picture."""
    wire.sandbox.faults.add(Spoil(how))
    _, token = await wire.run()
    [output] = (await wire.ended(token))["outputs"]
    assert output["contenttype"] == "image/png"
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(output["url"], allow_redirects=False) as answer,
    ):
        return answer, await answer.read(), int(output["size"])


@pytest.mark.parametrize(
    ("how", "start"), [(Spoilt.HTML, b"<!doctype html>"), (Spoilt.SVG, b"<svg "), (Spoilt.EMPTY, b"")]
)
async def test_a_picture_may_be_something_else_that_calls_itself_png(connect, how, start):
    answer, body, _ = await spoilt(await connect(), how)
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert body.startswith(start)
    assert not body.startswith(b"\x89PNG")


async def test_a_picture_may_be_cut_in_half(connect):
    _, body, size = await spoilt(await connect(), Spoilt.TRUNCATED)
    assert len(body) == size // 2
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(body)).load()


async def test_a_small_picture_may_claim_nine_hundred_million_pixels(connect):
    _, body, _ = await spoilt(await connect(), Spoilt.PIXEL_BOMB)
    assert len(body) < 200_000
    assert body.startswith(b"\x89PNG")
    with warnings.catch_warnings(), pytest.raises(Image.DecompressionBombError, match="900000000 pixels"):
        Image.open(io.BytesIO(body))


async def test_a_small_body_may_unpack_to_a_quarter_gibibyte(connect):
    answer, body, _ = await spoilt(await connect(), Spoilt.GZIP_BOMB)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(body) < 2**20
    # The last four bytes of gzip are the unpacked length; the first block proves that it unpacks.
    assert int.from_bytes(body[-4:], "little") == 256 * 2**20
    assert zlib.decompressobj(wbits=31).decompress(body, 1000) == bytes(1000)
    assert gzip.GzipFile(fileobj=io.BytesIO(body)).read(10) == bytes(10)


async def test_a_picture_may_be_thirty_megabytes_and_sound(connect):
    _, body, _ = await spoilt(await connect(), Spoilt.HUGE)
    assert 30_000_000 < len(body) < 32_000_000
    Image.open(io.BytesIO(body)).verify()


async def test_a_picture_may_redirect_elsewhere(connect):
    answer, _, _ = await spoilt(await connect(), Spoilt.REDIRECT)
    assert (answer.status, answer.headers["Location"]) == (302, "http://169.254.169.254/latest/meta-data/")


async def test_an_output_may_name_another_host(connect):
    wire = await connect()
    wire.sandbox.faults.add(OutputUrl("https://elsewhere.example/0.png"))
    _, token = await wire.run()
    assert (await wire.ended(token))["outputs"][0]["url"] == "https://elsewhere.example/0.png"


async def test_words_in_brackets_cause_faults_when_switched_on_only(connect):
    plain, playful = await connect(), await connect(options=Options(prompt_faults=True))
    _, token = await plain.run("a fox [fail]")
    assert (await plain.ended(token))["pexit"] == "0"
    _, token = await playful.run("a fox [FAIL]")
    assert (await playful.ended(token))["pexit"] == "1"
    with pytest.raises(aiohttp.ClientError):
        await playful.post(f"Run/{SD3}", {"prompt": "a fox [lost]"})
    assert playful.sandbox.ledger.tasks[-1].prompt == "a fox [lost]"
    _, token = await playful.run("a [unknown] fox")
    assert (await playful.ended(token))["pexit"] == "0"
