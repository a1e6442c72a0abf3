"""Models of every kind: what they are given, what they make, and how both look on the wire."""

import io
import json
import wave

import aiohttp
import pytest
from PIL import Image

from sandbox.wiro.catalogue import FLUX_KLEIN
from sandbox.wiro.fixtures import (
    ANIMATOR,
    CLERK,
    MANY_PICTURES,
    MUSICIAN,
    NO_INPUTS,
    ODD_INPUTS,
    SAMPLE_MODELS,
    SCULPTOR,
    SIXTY_INPUTS,
    UPSCALER,
    WRITER,
)
from tests.support.images import saved

PROMPT = {"prompt": "a lighthouse", "seed": "5"}


def a_png(side=40, colour=(200, 30, 30)):
    return saved(Image.new("RGB", (side, side), colour))


@pytest.fixture
async def wire(connect):
    return await connect(models=SAMPLE_MODELS)


async def got(wire, url):
    async with wire.session.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


async def upload(wire, data):
    form = aiohttp.FormData()
    form.add_field("file", data, filename="in.png", content_type="image/png")
    return await wire.post("File/Upload", data=form)


async def outputs_of(wire, model, fields):
    _, started = await wire.post(f"Run/{model.slug}", fields)
    assert started["result"], started
    task = await wire.ended(started["socketaccesstoken"])
    assert task["pexit"] == "0", task["debugerror"]
    return task["outputs"]


@pytest.mark.parametrize(
    ("model", "name", "magic"),
    [
        (MUSICIAN, "0.wav", b"RIFF"),
        (SCULPTOR, "0.glb", b"glTF"),
        (ANIMATOR, "0.gif", b"GIF8"),
        (CLERK, "0.pdf", b"%PDF"),
    ],
)
async def test_files_of_every_kind_are_what_they_say(wire, model, name, magic):
    (output,) = await outputs_of(wire, model, PROMPT)
    data = await got(wire, output["url"])
    assert output["name"] == name
    assert output["contenttype"] == model.output_kind.content_type
    assert int(output["size"]) == len(data)
    assert data.startswith(magic)


async def test_a_tune_can_be_played(wire):
    (output,) = await outputs_of(wire, MUSICIAN, PROMPT)
    with wave.open(io.BytesIO(await got(wire, output["url"]))) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(3, abs=0.1)


async def test_a_shape_is_whole_gltf(wire):
    (output,) = await outputs_of(wire, SCULPTOR, PROMPT)
    data = await got(wire, output["url"])
    assert int.from_bytes(data[8:12], "little") == len(data)
    scene = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert scene["asset"]["version"] == "2.0"


async def test_a_writer_answers_with_text_and_no_file(wire):
    (output,) = await outputs_of(wire, WRITER, PROMPT | {"maxCharacters": "5000"})
    assert "url" not in output
    assert len("".join(output["content"]["answer"])) == 5000
    assert "lighthouse" in output["content"]["thinking"][0]


async def test_twenty_pictures_come_at_once(wire):
    assert len(await outputs_of(wire, MANY_PICTURES, PROMPT)) == 20


@pytest.mark.parametrize("factor", ["2", "4"])
async def test_a_picture_is_enlarged_from_an_upload(wire, factor):
    _, stored = await upload(wire, a_png())
    url = stored["list"][0]["url"]
    (output,) = await outputs_of(wire, UPSCALER, {"inputImageUrl": url, "factor": factor})
    with Image.open(io.BytesIO(await got(wire, output["url"]))) as enlarged:
        assert enlarged.size == (40 * int(factor), 40 * int(factor))


@pytest.mark.parametrize("spelling", ["inputImage", "inputImageUrl"])
async def test_an_output_can_be_the_next_input(wire, spelling):
    (first,) = await outputs_of(wire, FLUX_KLEIN, PROMPT)
    listed = [first["url"]] if spelling == "inputImage" else first["url"]
    (second,) = await outputs_of(wire, FLUX_KLEIN, PROMPT | {spelling: listed, "strength": "0.3"})
    assert await got(wire, second["url"]) != await got(wire, first["url"])


@pytest.mark.parametrize("url", ["https://elsewhere.example/a.png", "http://127.0.0.1:1/v1/File/no/a.png"])
async def test_a_file_that_is_not_there_fails_the_task_unbilled(wire, url):
    _, started = await wire.post(f"Run/{UPSCALER.slug}", {"inputImageUrl": url})
    task = await wire.ended(started["socketaccesstoken"])
    assert (task["pexit"], float(task["totalcost"])) == ("1", 0)


async def test_a_file_that_is_no_picture_fails_the_task(wire):
    _, stored = await upload(wire, b"no picture")
    _, started = await wire.post(f"Run/{UPSCALER.slug}", {"inputImageUrl": stored["list"][0]["url"]})
    task = await wire.ended(started["socketaccesstoken"])
    assert task["pexit"] == "1"
    assert "input image" in task["debugerror"]


async def test_a_required_file_is_asked_for(wire):
    _, answer = await wire.post(f"Run/{UPSCALER.slug}", {"factor": "2"})
    assert answer["errors"][0]["message"] == "Request files [inputImage] required"


async def test_odd_schemas_are_shown_as_they_are_and_run(wire):
    _, bare = await wire.post("Tool/Detail", {"slugowner": "wiro", "slugproject": "surprise"})
    _, many = await wire.post("Tool/Detail", {"slugowner": "wiro", "slugproject": "sixty-knobs"})
    assert bare["tool"][0]["parameters"] is None
    assert len(many["tool"][0]["parameters"][0]["items"]) == len(SIXTY_INPUTS.items) == 60
    for model in (NO_INPUTS, ODD_INPUTS, SIXTY_INPUTS):
        assert len(await outputs_of(wire, model, PROMPT)) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("style", "velvet"), ("extras", ["x1", "x99"]), ("extras", '["x0"]')]
)
async def test_a_choice_that_is_not_offered_is_refused(wire, field, value):
    _, answer = await wire.post(f"Run/{SIXTY_INPUTS.slug}", PROMPT | {field: value})
    assert answer["result"] is False
    assert "must be one of" in answer["errors"][0]["message"]
