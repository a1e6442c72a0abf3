"""What an account sees besides its tasks: the catalogue, its files, its capacity and its funds."""

from decimal import Decimal

import aiohttp
import pytest

from sandbox.wiro.pace import Pace

SD3 = "stabilityai/stable-diffusion-3-medium"


def message_of(answer):
    assert answer["result"] is False
    return answer["errors"][0]["code"], answer["errors"][0]["message"]


async def test_the_catalogue_can_be_searched_sorted_and_paged(connect):
    wire = await connect()
    _, answer = await wire.post("Tool/List", {"search": "", "sort": "id", "order": "ASC", "limit": "2"})
    assert answer["total"] == "3"
    assert [tool["id"] for tool in answer["tool"]] == ["402", "611"]
    _, answer = await wire.post("Tool/List", {"search": "diffusion medium"})
    [tool] = answer["tool"]
    assert (tool["slugowner"], tool["cleanslugproject"]) == ("stabilityai", "stable-diffusion-3-medium")
    assert tool["cps"] == "0.000585000000"
    assert Decimal(tool["approximatelycost"]) > 0
    _, answer = await wire.post("Tool/List", {"categories": ["image-to-image"]})
    assert [tool["slugproject"] for tool in answer["tool"]] == ["FLUX.2-klein-4B"]
    _, answer = await wire.post("Tool/List", {"slugowner": "stabilityai"})
    assert answer["total"] == "2"
    _, answer = await wire.post("Tool/Explore", {})
    assert {shelf["title"] for shelf in answer["explore"]} == {"Text to image", "Image to image"}


async def test_a_models_parameters_come_in_both_spellings(connect):
    wire = await connect()
    slug = {"slugowner": "stabilityai", "slugproject": "stable-diffusion-3-medium"}
    _, answer = await wire.post("Tool/Detail", slug)
    [tool] = answer["tool"]
    items = {item["id"]: item for group in tool["parameters"] for item in group["items"]}
    assert list(items) == ["prompt", "negativePrompt", "samples", "steps", "scale", "seed", "width", "height"]
    assert items["prompt"]["required"] is True
    steps = items["steps"]
    assert (steps["default"], steps["min"], steps["max"], steps["step"]) == (28, 1, 100, 1)
    assert (steps["defaultvalue"], steps["minvalue"], steps["maxvalue"]) == ("28", "1", "100")
    assert items["scale"]["default"] == 7
    _, answer = await wire.post("Tool/Detail", slug | {"slugproject": "none"})
    assert message_of(answer)[0] == 1


@pytest.mark.parametrize("prefix", ["", "File/"])
async def test_folders_and_uploads(connect, prefix):
    wire = await connect()
    _, answer = await wire.post(f"{prefix}FolderCreate", {"name": "train_1"})
    [folder] = answer["list"]
    assert (folder["name"], folder["size"], folder["contenttype"]) == ("train_1", "0", "")
    _, answer = await wire.post(f"{prefix}FolderCreate", {"name": "no blanks"})
    assert message_of(answer) == (0, "Request parameters are invalid.")
    form = aiohttp.FormData()
    form.add_field("folderid", folder["id"])
    form.add_field("file", b"bytes \x00\xff", filename="a.png", content_type="image/png")
    _, answer = await wire.post(f"{prefix}Upload", data=form)
    [file] = answer["list"]
    assert (file["name"], file["size"], file["parentid"]) == ("a.png", "8", folder["id"])
    async with wire.session.get(file["url"]) as stored:
        assert (await stored.read(), stored.content_type) == (b"bytes \x00\xff", "image/png")
    _, answer = await wire.post(f"{prefix}Upload", {"name": "nothing"})
    assert message_of(answer) == (0, "Request files [file] required")


async def test_capacity_and_funds_speak_wiros_words(connect):
    wire = await connect(max_running=2, pace=Pace(queue_s=60))
    await wire.run()
    await wire.run()
    status, answer = await wire.post(f"Run/{SD3}", {"prompt": "one too many"})
    assert status == 200
    busy = (
        "You have reached your concurrent task limit. With your current balance of $20.00, you can run up "
        "to 2 tasks at the same time. Add funds to increase your limit."
    )
    assert message_of(answer) == (96, busy)
    poor = await connect(balance=Decimal("0.49"))
    _, answer = await poor.post(f"Run/{SD3}", {"prompt": "x"})
    assert message_of(answer) == (97, "Insufficient balance")


async def test_a_balance_shrinks_with_each_bill_and_sets_the_limit(connect):
    wire = await connect(balance=Decimal("0.501"))
    _, token = await wire.run(model="black-forest-labs/FLUX.2-klein-4B")
    _, answer = await wire.post(f"Run/{SD3}", {"prompt": "x"})
    assert "$0.50, you can run up to 1 tasks" in message_of(answer)[1]
    await wire.ended(token)
    _, answer = await wire.post(f"Run/{SD3}", {"prompt": "x"})
    assert message_of(answer)[0] == 97
