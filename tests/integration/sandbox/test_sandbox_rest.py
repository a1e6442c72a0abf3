"""The shape of every REST answer, as Wiro's documents and clients know it."""

import asyncio
import io
import json
import re
from decimal import Decimal

import aiohttp
import pytest
from PIL import Image

from sandbox.wiro.pace import Pace

SD3 = "stabilityai/stable-diffusion-3-medium"
TASK_TEXT_FIELDS = """
id uuid name description modelfolderid modelfileid socketaccesstoken debugoutput debugerror createtime
assigntime accepttime preprocessstarttime preprocessendtime starttime endtime postprocessstarttime
postprocessendtime canceltime elapsedseconds status cps totalcost projectid modelid basemodelid runtype
callbackurl categories size
"""


def message_of(answer):
    assert answer["result"] is False
    return answer["errors"][0]["code"], answer["errors"][0]["message"]


async def test_run_answers_flat_with_a_text_id_and_a_thirty_character_token(connect):
    wire = await connect()
    status, answer = await wire.post(f"Run/{SD3}", {"prompt": "a red fox"})
    assert status == 200
    assert answer.keys() == {"errors", "taskid", "socketaccesstoken", "result"}
    assert (answer["errors"], answer["taskid"], answer["result"]) == ([], "2221", True)
    assert re.fullmatch(r"[A-Za-z0-9]{30}", answer["socketaccesstoken"])


async def test_a_running_task_has_every_field_and_zero_for_what_is_still_to_come(connect):
    wire = await connect(pace=Pace())
    task_id, token = await wire.run(projectid="699", callbackUrl="https://example.org/hook", extra={"a": 1})
    _, answer = await wire.post("Task/Detail", {"taskid": task_id})
    assert (answer["total"], answer["errors"]) == ("1", [])
    [task] = answer["tasklist"]
    assert [name for name in TASK_TEXT_FIELDS.split() if not isinstance(task[name], str)] == []
    assert (task["id"], task["socketaccesstoken"], task["status"]) == (task_id, token, "task_queue")
    assert (task["pexit"], task["guestid"], task["marketplaceid"], task["outputs"]) == (None, None, None, [])
    assert (task["endtime"], task["totalcost"], task["runtype"]) == ("0", "0", "model")
    assert int(task["createtime"]) > 0
    assert task["callbackurl"] == "https://example.org/hook"
    assert task["parameters"]["extra"] == {"a": 1}
    assert task["parameters"]["width"] == 256
    assert "tool" in json.loads(task["categories"])


async def test_a_finished_task_costs_its_seconds_and_its_pictures_can_be_fetched(connect):
    wire = await connect()
    _, token = await wire.run(samples="2")
    task = await wire.ended(token)
    assert (task["status"], task["pexit"], task["debugerror"]) == ("task_postprocess_end", "0", "")
    assert Decimal(task["totalcost"]) == Decimal(task["elapsedseconds"]) * Decimal(task["cps"]) > 0
    assert len(task["totalcost"].split(".")[1]) == 12
    assert Decimal(task["elapsedseconds"]) > 1  # the unscaled seconds, though it took some hundredths
    assert [output["name"] for output in task["outputs"]] == ["0.png", "1.png"]
    pictures = []
    for output in task["outputs"]:
        assert re.search(r"/[0-9a-f]{8}(-[0-9a-f]{8}){8}/\d\.png$", output["url"])
        assert output["uuid"] == task["uuid"]
        assert (output["ispublic"], output["expiretime"], output["contenttype"]) == (0, None, "image/png")
        assert re.fullmatch(r"[0-9a-f]{32}", output["id"])
        async with wire.session.get(output["url"]) as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")
            pictures.append(await answer.read())
        assert str(len(pictures[-1])) == output["size"]
        assert Image.open(io.BytesIO(pictures[-1])).size == (256, 256)
    assert pictures[0] != pictures[1]
    assert task["size"] == str(sum(map(len, pictures)))


async def test_a_model_priced_by_the_run_bills_that_price(connect):
    wire = await connect()
    _, token = await wire.run(model="black-forest-labs/FLUX.2-klein-4B")
    task = await wire.ended(token)
    assert task["totalcost"] == "0.002000000000"
    assert json.loads(task["dynamicprice"])[0]["priceMethod"] == "cpr"


@pytest.mark.parametrize(
    "slug",
    [
        "StabilityAI/Stable-Diffusion-3-Medium",
        "black-forest-labs/flux-2-klein-4b",
        "black-forest-labs/FLUX%2E2-klein-4B",
    ],
)
async def test_slugs_are_found_in_any_spelling(connect, slug):
    wire = await connect()
    _, answer = await wire.post(f"Run/{slug}", {"prompt": "x"})
    assert answer["result"] is True


async def test_an_unknown_model_is_named_so(connect):
    wire = await connect()
    _, answer = await wire.post("Run/nobody/nothing", {"prompt": "x"})
    assert message_of(answer) == (1, "slug-owner-project-not-exist")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "Request parameter [prompt] required"),
        ({"prompt": "  "}, "Request parameter [prompt] required"),
        ({"prompt": "x", "steps": "many"}, "Request parameter [steps] must be integer or float"),
        ({"prompt": "x", "steps": True}, "Request parameter [steps] must be integer or float"),
        ({"prompt": "x", "scale": "NaN"}, "Request parameter [scale] must be integer or float"),
        ({"prompt": "x", "steps": 101}, "Request parameter [steps] must be between 1 and 100"),
        ({"prompt": "x", "scale": "-0.5"}, "Request parameter [scale] must be between 0 and 20"),
        ({"prompt": "x", "width": "9999"}, "Request parameter [width] must be between 256 and 2048"),
        ({"prompt": "x", "samples": 9}, "Request parameter [samples] must be between 1 and 8"),
    ],
)
async def test_bad_parameters_are_refused_in_the_documented_words(connect, parameters, message):
    wire = await connect()
    status, answer = await wire.post(f"Run/{SD3}", parameters)
    assert status == 200
    assert message_of(answer) == (0, message)
    assert wire.sandbox.ledger.tasks == ()


async def test_zero_and_absent_seeds_are_random_and_others_kept(connect):
    wire = await connect()
    for seed in ("0", "", 0, None):
        await wire.run(seed=seed)
    _, _ = await wire.run(seed="123456")
    *random_seeds, kept = [task.seed for task in wire.sandbox.ledger.tasks]
    assert len(set(random_seeds)) == 4
    assert kept == 123456


@pytest.mark.parametrize("body", ["{broken", "[1]", '{"a": ' + "[" * 100_000])
async def test_a_body_that_cannot_be_read_is_refused(connect, body):
    wire = await connect()
    _, answer = await wire.post(f"Run/{SD3}", data=body.encode())
    assert message_of(answer) == (0, "Request parameters are invalid.")


async def test_forms_json_under_a_wrong_header_and_files_are_all_read(connect):
    wire = await connect()
    _, answer = await wire.post(
        f"Run/{SD3}", data={"prompt": "as a form", "negative_prompt": "fog", "steps": "2"}
    )
    assert answer["result"] is True
    mislabelled = wire.headers() | {"Content-Type": "multipart/form-data"}
    _, answer = await wire.post(f"Run/{SD3}", data=b'{"prompt": "mislabelled"}', headers=mislabelled)
    assert answer["result"] is True
    form = aiohttp.FormData()
    form.add_field("prompt", "with a file")
    form.add_field("inputImage", b"\x89PNG pretend", filename="in put.png", content_type="image/png")
    form.add_field("inputImage", b"second", filename="b.png", content_type="image/png")
    _, answer = await wire.post("Run/black-forest-labs/flux-2-klein-4b", data=form)
    assert answer["result"] is True
    first, second, third = wire.sandbox.ledger.tasks
    assert (first.prompt, second.prompt, third.prompt) == ("as a form", "mislabelled", "with a file")
    assert first.parameters["steps"] == "2"
    one, two = third.parameters["inputImage"].split(",")
    assert one.startswith(wire.sandbox.api_url + "/File/")
    assert two.endswith("/b.png")
    async with wire.session.get(one) as file:
        assert await file.read() == b"\x89PNG pretend"
    async with wire.session.get(one + "x") as file:
        assert file.status == 404


@pytest.mark.parametrize("field", ["taskid", "tasktoken", "socketaccesstoken"])
async def test_cancel_works_in_the_queue_only_and_kill_works_later(connect, field):
    wire = await connect(pace=Pace(queue_s=60, run_s=60))
    task_id, token = await wire.run()
    name = task_id if field == "taskid" else token
    _, answer = await wire.post("Task/Cancel", {field: name})
    [task] = answer["tasklist"]
    assert (task["status"], task["pexit"], task["totalcost"]) == ("task_cancel", None, "0")
    assert int(task["canceltime"]) > 0
    _, answer = await wire.post("Task/Cancel", {field: name})
    assert message_of(answer) == (1, "Task is not in a cancellable state.")

    quick = await connect(pace=Pace(queue_s=0, prepare_s=0, run_s=60))
    task_id, token = await quick.run()
    await quick.until(token, "task_start", "task_output")
    name = task_id if field == "taskid" else token
    _, answer = await quick.post("Task/Cancel", {field: name})
    assert message_of(answer) == (1, "Task is not in a cancellable state.")
    _, answer = await quick.post("Task/Kill", {field: name})
    assert answer["tasklist"][0]["status"] == "task_cancel"
    await asyncio.sleep(0.05)
    assert (await quick.detail(token))["status"] == "task_cancel"
    _, answer = await quick.post("Task/Kill", {field: name})
    assert message_of(answer)[1].startswith("Task could not be killed: ")


async def test_strict_fields_take_only_productions_names(connect):
    from sandbox.wiro.server import Options

    wire = await connect(options=Options(strict_fields=True), pace=Pace(queue_s=60))
    task_id, token = await wire.run()
    _, answer = await wire.post("Task/Cancel", {"tasktoken": token})
    assert message_of(answer) == (0, "taskid is required")
    _, answer = await wire.post("Task/Kill", {"tasktoken": token})
    assert message_of(answer) == (0, "taskid or socketaccesstoken is required")
    _, answer = await wire.post("Task/Detail", {"socketaccesstoken": token})
    assert message_of(answer) == (0, "tasktoken or taskid is required")
    _, answer = await wire.post("Task/Kill", {"socketaccesstoken": token})
    assert answer["result"] is True
    assert (await wire.detail(token))["id"] == task_id


@pytest.mark.parametrize("path", ["Task/Detail", "Task/Cancel", "Task/Kill"])
async def test_a_task_nobody_knows_is_code_1(connect, path):
    wire = await connect()
    _, answer = await wire.post(path, {"taskid": 99})
    assert message_of(answer) == (1, "There is no task yet.")


async def test_the_list_is_newest_first_paged_and_filtered_by_model(connect):
    wire = await connect()
    ids = [(await wire.run())[0] for _ in range(3)]
    turbo, _ = await wire.run(model="stabilityai/sdxl-turbo")
    body = {"type": "model", "sort": "id", "order": "DESC", "start": "0", "limit": "20"}
    _, answer = await wire.post("Task/List", body)
    assert (answer["total"], [task["id"] for task in answer["tasklist"]]) == ("4", [turbo, *reversed(ids)])
    _, answer = await wire.post("Task/List", body | {"start": 1, "limit": 1, "modelName": SD3})
    assert (answer["total"], [task["id"] for task in answer["tasklist"]]) == ("3", [ids[1]])


async def test_deleting_files_needs_an_ended_task_and_kills_the_addresses(connect):
    wire = await connect()
    _, token = await wire.run()
    _, answer = await wire.post("Task/InputOutputDelete", {"tasktoken": token})
    assert message_of(answer)[1] == "Task must be completed or cancelled before deleting files"
    url = (await wire.ended(token))["outputs"][0]["url"]
    for _ in range(2):
        _, answer = await wire.post("Task/InputOutputDelete", {"tasktoken": token})
        assert answer == {"errors": [], "result": True}
    async with wire.session.get(url) as gone:
        assert gone.status == 404
    task = await wire.detail(token)
    assert (task["outputs"], task["parameters"]["prompt"]) == ([], "a red fox")
    _, answer = await wire.post("Task/InputOutputDelete", {"tasktoken": "nobody"})
    assert message_of(answer) == (1, "task-not-exist")


async def test_hostile_values_are_taken_or_refused_but_never_break_the_server(connect):
    wire = await connect()
    await wire.run("\ud800 \x00 \u202e @everyone", seed="\ud800")
    await wire.run("x" * 6000, seed="-5", samples="1.0")
    _, answer = await wire.post("Task/List", {"start": "9" * 5000, "limit": {"a": 1}, "order": [1]})
    assert answer["total"] == "2"
    _, answer = await wire.post("Tool/List", {"search": ["x"], "categories": "text-to-image", "limit": -1})
    assert answer["result"] is True
    form = aiohttp.FormData()
    form.add_field("file", b"1", filename="../../a b%2F.png")
    _, answer = await wire.post("File/Upload", data=form)
    async with wire.session.get(answer["list"][0]["url"]) as stored:
        assert await stored.read() == b"1"


async def test_a_nonce_of_raw_bytes_is_a_wrong_signature_and_no_crash(connect):
    wire = await connect()
    reader, writer = await asyncio.open_connection(wire.sandbox.host, wire.sandbox.port)
    writer.write(
        b"POST /v1/Tool/List HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n"
        b"x-api-key: smoke-key\r\nx-nonce: \xff\xfe\r\nx-signature: \xff\r\n\r\n"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 401 ")
