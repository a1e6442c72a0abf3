"""From Wiro's answer to the attachments of a message: odd names, lying types, words among pictures."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.delivery.attachments import attachments
from bot.domain.job.events import Settled
from bot.domain.job.job import Cause, Stage
from bot.domain.job.ledger import settlement_of
from bot.domain.job.lifecycle import advance
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.engines.wiro.frames import task_reports
from bot.services.runs.delivery import ResultDelivery
from bot.services.supervisor import Supervisor
from bot.view.actions.buttons import TextAction
from bot.view.card import Card
from bot.view.cards.renderer import final_card
from bot.view.files import media
from bot.view.files.download import Downloader
from bot.view.files.fetching import downloader_session
from bot.view.files.fitting import Bounds
from bot.view.files.metadata import marked
from sandbox.engine.fake import FakeEngine
from tests.support.board import MemoryBoard
from tests.support.clocks import SteppedClock
from tests.support.images import encoded
from tests.support.samples import a_job

LOOPBACK = frozenset({"127.0.0.1"})
MIB = 1024 * 1024


BODIES = {
    "a.png": encoded("PNG"),
    "a.jpg": encoded("JPEG"),
    "a.wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(30),
    "a.mp4": b"\0\0\0\x20ftypisom\0\0\x02\0" + bytes(30),
    "a.docx": b"PK\x03\x04\x14\0" + bytes(30),
    "a.html": b"<!doctype html><script>alert(1)</script>",
    "large.png": encoded(size=(700, 700)),
}


@pytest.fixture
async def base() -> AsyncIterator[str]:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=BODIES[request.match_info["name"]], content_type="image/png")

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def shrunk(picture: OutputFile, limit_bytes: int) -> OutputFile:
    return media.fit(picture, limit_bytes)


async def brought(*outputs: object, bounds: Bounds | None = None) -> tuple[Card, list[OutputFile], Settled]:
    """The ending of a task with these outputs, as its message would have it."""
    task = {"id": "7", "status": "task_postprocess_end", "pexit": "0", "totalcost": "0.1"}
    (report,) = task_reports({"tasklist": [task | {"outputs": list(outputs)}]})
    assert isinstance(report.event, Settled)
    async with downloader_session(LOOPBACK) as session:
        clock = SteppedClock().clock
        downloads = Downloader(session, LOOPBACK, clock=clock, delays=lambda: itertools.repeat(1.0))
        nothing: Any = None
        owner = Supervisor(asyncio.create_task)
        delivery = ResultDelivery(
            nothing, MemoryBoard(), downloads, FakeEngine().open, owner, lambda: itertools.repeat(1.0)
        )
        event = await delivery.inspect(a_job(stage=Stage.FINISHING), report.event)
    job = advance(a_job(stage=Stage.FINISHING), event)
    found = delivery._collected.get(job.job_id)
    pictures = found.pictures if found is not None else []
    made = await attachments(job, pictures, bounds or Bounds(10 * MIB, 24 * MIB), shrunk)
    return final_card(StatusUpdate(job, note=found.note if found is not None else ""), made), made, event


async def test_an_output_goes_by_its_content_whatever_it_is_called(base: str) -> None:
    card, made, _ = await brought(
        {"url": f"{base}/a.png"},
        {"url": f"{base}/a.jpg", "name": "holiday.png", "contenttype": "image/png"},
        {"url": f"{base}/a.wav", "name": "tune.mp3", "contenttype": "audio/mpeg", "size": "lots"},
        {"url": f"{base}/a.mp4", "name": "../clip.mp4", "contenttype": None},
        {"url": f"{base}/a.docx", "name": "letter.docx", "contenttype": "application/octet-stream"},
        {"url": f"{base}/a.html", "name": "page.pdf", "contenttype": "application/pdf"},
    )
    assert card.pictures == ("output.png", "holiday.jpg", "clip.mp4")
    assert card.files == ("tune.wav", "letter.docx")
    assert "1 of 6 could not be shown: html." in card.text
    assert base not in card.text  # a page that runs is not even linked
    assert len(made) == 5


async def test_words_and_pictures_of_one_task_stand_in_one_message(base: str) -> None:
    card, _, event = await brought(
        {"contenttype": "raw", "content": {"answer": ["Two mills."], "thinking": ["hm"]}},
        {"url": f"{base}/a.png", "name": "0.png"},
        {"url": f"{base}/a.png", "name": "0.png"},
        {"contenttype": "raw", "content": {"segments": [{"type": "answer", "text": "word " * 2_000}]}},
    )
    assert card.body.startswith("**Answer 1**\n\nTwo mills.\n\n**Answer 2**\n\nword word")
    assert card.pictures == ("0.png", "0-2.png")
    assert card.files == ("answer.md",)
    assert len(card.buttons_of(TextAction)) == 2
    assert len(event.outputs) == 4


async def test_a_small_picture_stays_as_it_is_beside_a_large_one_that_is_made_smaller(base: str) -> None:
    bounds = Bounds(300_000, 900_000)
    assert len(BODIES["large.png"]) > bounds.file_bytes
    card, made, _ = await brought(
        {"url": f"{base}/large.png", "name": "1.png"},
        {"url": f"{base}/a.png", "name": "2.png"},
        bounds=bounds,
    )
    assert made[1].content == marked(BODIES["a.png"], "image/png")
    assert 0 < len(made[0].content or b"") <= bounds.file_bytes
    assert f"is shown smaller; [original]({base}/large.png)" in card.text


@pytest.mark.parametrize("outputs", [[], [{"name": "0.png"}], [{"content": {"raw": " \n"}}]])
async def test_a_success_without_any_output_costs_its_member_nothing(outputs: list[object]) -> None:
    card, made, event = await brought(*outputs)
    assert (event.is_success, event.cause, event.outputs) == (False, Cause.OUTPUT_UNUSABLE, ())
    assert "no output at all. You were not charged." in card.text
    assert made == []
    job = advance(a_job(stage=Stage.FINISHING), event)
    assert settlement_of(job).resolution.name == "WRITE_OFF"
