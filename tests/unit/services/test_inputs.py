"""Files on their way in: kept once in their server's folder, sent along where Wiro keeps none, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.catalogue.model import Kind, Model, ModelSummary, Parameter
from bot.domain.errors import DatabaseFull
from bot.domain.job.events import Settled
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.limits.limit import LimitReached
from bot.domain.money import Money
from bot.domain.request.errors import InputFault, InputRefused, PictureNotTaken
from bot.domain.request.files import MAX_FILE_BYTES, InputFile, StoredFile, Upload
from bot.engines.port import EngineError, EngineRefused, EngineServerFault, EngineUnreachable
from bot.services.limits.service import DefaultLimits
from bot.services.runs._submission import NO_ROOM
from bot.services.runs.inputs import MAX_AT_ONCE, Inputs
from bot.services.supervisor import Supervisor
from bot.view.text.endings import ending
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import (
    GUILD,
    MODEL,
    NOON_S,
    PNG,
    a_job,
    a_request,
    a_requester,
    an_origin,
)
from tests.support.sources import MemoryFolders, MemorySources, MemoryUploads
from tests.support.wiro import LOST_ANSWER, FakeSockets, ScriptedWiro, engine_over

REFUSED = EngineRefused("invalid-parameters", code=0)
SUCCESS = Settled(is_success=True, cost=Money.parse("0.001"), outputs=(PNG,), elapsed_s=2.0)
URL = "https://cdn.discordapp.com/attachments/1/2/dog.png"


def taking(kind: Kind) -> Model:
    return Model(MODEL, "SD3", (Parameter("prompt", Kind.LONG_TEXT), Parameter("inputImage", kind)))


class SlowWiro(ScriptedWiro):
    """Its folders and uploads wait for `gate`; how many wait at once is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.waiting = 0
        self.most_waiting = 0

    async def _wait(self) -> None:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        await self.gate.wait()
        self.waiting -= 1

    async def create_folder(self, name: str) -> StoredFile:
        await self._wait()
        return await super().create_folder(name)

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        await self._wait()
        return await super().upload(file, folder_id)


class Bench:
    """Inputs between a scripted Wiro and sources in memory."""

    def __init__(self, wiro: ScriptedWiro | None = None) -> None:
        self.wiro = wiro or ScriptedWiro()
        self.sources = MemorySources()
        self.folders = MemoryFolders()
        self.uploads = MemoryUploads()
        supervisor = Supervisor(asyncio.create_task)
        engine = engine_over(self.wiro, FakeSockets().open, supervisor, lambda: iter(()), self.folders)
        self.inputs = Inputs(engine, self.sources, self.uploads, lambda: NOON_S)

    async def take_in(self, *urls: str, guild_id: int | None = GUILD) -> tuple[InputFile, ...]:
        return await self.take(*(self.sources.put(url) for url in urls), guild_id=guild_id)

    async def take(self, *files: InputFile, guild_id: int | None = GUILD) -> tuple[InputFile, ...]:
        return await self.inputs.take_in(
            a_job(request=a_request(files=files), origin=an_origin(guild_id=guild_id))
        )


async def test_a_file_is_kept_in_the_folder_of_its_server() -> None:
    bench = Bench()
    (file,) = await bench.take_in(URL)
    assert bench.wiro.folders_made == [f"discord-{GUILD}"]
    ((upload, folder_id),) = bench.wiro.uploads
    assert (upload.content, folder_id) == (b"a picture", "folder-1")
    assert file.stored_url == "https://cdn1.wiro.ai/1/dog.png"
    assert (await bench.take_in(URL))[0].stored_url is not None
    assert bench.wiro.folders_made == [f"discord-{GUILD}"]


async def test_each_server_and_direct_messages_have_folders_of_their_own() -> None:
    bench = Bench()
    for guild_id in (1, 2, None):
        await bench.take_in(URL, guild_id=guild_id)
    assert bench.wiro.folders_made == ["discord-1", "discord-2", "discord-direct"]


async def test_two_first_uses_at_once_make_one_folder() -> None:
    wiro = SlowWiro()
    bench = Bench(wiro)
    both = asyncio.gather(bench.take_in(URL), bench.take_in(URL))
    await until(lambda: wiro.waiting == 1)
    wiro.gate.set()
    await both
    assert wiro.folders_made == [f"discord-{GUILD}"]
    assert {folder_id for _, folder_id in wiro.uploads} == {"folder-1"}


async def test_the_folder_of_one_server_does_not_hold_up_another() -> None:
    wiro = SlowWiro()
    bench = Bench(wiro)
    both = asyncio.gather(bench.take_in(URL, guild_id=1), bench.take_in(URL, guild_id=2))
    await until(lambda: wiro.waiting == 2)
    wiro.gate.set()
    await both


async def test_a_folder_deleted_at_wiro_is_made_anew_the_next_time() -> None:
    bench = Bench()
    await bench.take_in(URL)
    bench.wiro.upload_faults.append(REFUSED)
    (file,) = await bench.take_in(URL)
    assert file.stored_url is not None  # kept without a folder
    await bench.take_in(URL)
    assert len(bench.wiro.folders_made) == 2
    assert [folder_id for _, folder_id in bench.wiro.uploads] == ["folder-1", "folder-1", None, "folder-2"]


async def test_uploads_that_are_refused_for_themselves_make_no_further_folders() -> None:
    bench = Bench()
    for _ in range(3):
        bench.wiro.upload_faults.extend([REFUSED, REFUSED])
        (file,) = await bench.take_in(URL)
        assert file.stored_url is None
    assert len(bench.wiro.folders_made) == 1


@pytest.mark.parametrize("fault", [REFUSED, EngineUnreachable("no route"), LOST_ANSWER])
async def test_what_wiro_does_not_keep_is_carried_unchanged(fault: EngineError) -> None:
    bench = Bench()
    bench.wiro.upload_faults.extend([fault, fault])
    files = await bench.take_in(URL)
    async with bench.inputs.carried(files) as uploads:
        assert [upload.content for upload in uploads] == [b"a picture"]


@pytest.mark.parametrize(
    ("fault", "may_be_there"),
    [
        (REFUSED, False),
        (EngineUnreachable("no route", may_have_arrived=False), False),
        (LOST_ANSWER, True),
        (EngineServerFault("oh"), True),
    ],
)
async def test_what_is_sent_is_on_record_before_and_as_long_as_it_may_be_there(
    fault: EngineError, may_be_there: bool
) -> None:
    wiro = SlowWiro()
    bench = Bench(wiro)
    wiro.upload_faults.extend([fault] * (2 if fault is REFUSED else 1))
    taking_in = asyncio.create_task(bench.take_in(URL))
    await until(lambda: wiro.waiting == 1)  # for its folder
    assert bench.uploads.urls == {1: None}
    wiro.gate.set()
    await taking_in
    assert bench.uploads.urls == ({1: None} if may_be_there else {})
    await bench.take_in(URL)
    assert "https://cdn1.wiro.ai/" in str(list(bench.uploads.urls.values())[-1])


async def test_what_cannot_be_recorded_is_not_kept_at_wiro(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    async def fail(*_: object) -> int:
        raise DatabaseFull("no room")

    monkeypatch.setattr(bench.uploads, "intend", fail)
    (file,) = await bench.take_in(URL)
    assert file.stored_url is None
    assert bench.wiro.uploads == []


async def test_an_upload_without_an_address_is_carried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    async def upload(file: Upload, folder_id: str | None = None) -> StoredFile:
        return StoredFile("1", file.filename, None)

    monkeypatch.setattr(bench.wiro, "upload", upload)
    (file,) = await bench.take_in(URL)
    assert file.stored_url is None


async def test_what_wiro_keeps_already_is_neither_fetched_nor_sent_again() -> None:
    bench = Bench()
    kept = replace(InputFile("inputImage", "https://gone", "dog.png"), stored_url="https://cdn1/dog.png")
    assert await bench.take(kept) == (kept,)
    async with bench.inputs.carried([kept]) as uploads:
        assert uploads == ()
    assert bench.sources.fetched == []


async def test_a_file_that_is_gone_is_refused() -> None:
    bench = Bench()
    with pytest.raises(InputRefused) as refused:
        await bench.take(InputFile("", "https://gone", "dog.png"))
    assert refused.value.fault is InputFault.UNAVAILABLE
    assert bench.wiro.folders_made == []


async def test_only_so_many_requests_have_files_in_memory() -> None:
    wiro = SlowWiro()
    bench = Bench(wiro)
    takes = asyncio.gather(*(bench.take_in(URL, guild_id=guild_id) for guild_id in range(1, 8)))
    await until(lambda: wiro.waiting == MAX_AT_ONCE)
    await asyncio.sleep(0)
    assert len(bench.sources.fetched) == MAX_AT_ONCE
    wiro.gate.set()
    await takes
    assert wiro.most_waiting <= MAX_AT_ONCE


async def test_files_that_go_along_count_until_run_has_answered() -> None:
    bench = Bench()
    files = [bench.sources.put(URL)]
    entered = 0

    async def carry(end: asyncio.Event) -> None:
        nonlocal entered
        async with bench.inputs.carried(files):
            entered += 1
            await end.wait()

    end = asyncio.Event()
    carries = asyncio.gather(*(carry(end) for _ in range(5)))
    await until(lambda: entered == MAX_AT_ONCE)
    end.set()
    await carries
    assert entered == 5


# --- through the whole of the use cases -----------------------------------------------------------


def with_picture(harness: BotHarness, kind: Kind = Kind.FILE) -> dict[str, Sequence[InputFile]]:
    harness.wiro.known_models[MODEL.lower()] = taking(kind)
    return {"files": (harness.sources.put(URL),)}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (Kind.FILE, {"inputImageUrl": "https://cdn1.wiro.ai/1/dog.png"}),
        (Kind.FILES, {"inputImageUrl": "https://cdn1.wiro.ai/1/dog.png"}),
        (Kind.FILES_OR_LINKS, {"inputImage": ("https://cdn1.wiro.ai/1/dog.png",)}),
    ],
)
async def test_a_kept_file_goes_by_the_spelling_of_its_input(
    harness: BotHarness, kind: Kind, sent: dict[str, object]
) -> None:
    await harness.submit_and_watch(**with_picture(harness, kind))
    ((_, parameters),) = harness.wiro.runs
    assert {name: value for name, value in parameters.items() if name.startswith("inputImage")} == sent
    assert harness.wiro.files_sent == [()]


async def test_a_file_that_wiro_does_not_keep_goes_along_under_its_inputs_name(harness: BotHarness) -> None:
    harness.wiro.upload_faults.extend([REFUSED, REFUSED])
    await harness.submit_and_watch(**with_picture(harness))
    ((upload,),) = harness.wiro.files_sent
    assert (upload.parameter_id, upload.filename, upload.content) == ("inputImage", "dog.png", b"a picture")


async def test_a_member_at_a_limit_uploads_nothing_and_the_refusal_knows_the_request(tmp_path: Path) -> None:
    nothing = DefaultLimits(0, Money.parse("2"), Money.parse("20"))
    async with a_harness(tmp_path / "db", default_limits=nothing) as harness:
        files = with_picture(harness)
        with pytest.raises(LimitReached) as refused:
            await harness.submit(**files)
        assert refused.value.request is not None
        assert refused.value.request.files[0].source_url == URL
        assert harness.sources.fetched == harness.wiro.uploads == []


async def test_an_approved_request_takes_its_picture_in_then(tmp_path: Path) -> None:
    nothing = DefaultLimits(0, Money.parse("2"), Money.parse("20"))
    async with a_harness(tmp_path / "db", default_limits=nothing) as harness:
        files = with_picture(harness)
        request = a_request(**files)
        job = await harness.jobs.submit(2, request, an_origin(), a_requester(), is_approved=True)
        assert job is not None
        await harness.watched(2)
        recorded = await harness.store.job(2)
        assert recorded is not None
        assert recorded.request.files[0].stored_url == "https://cdn1.wiro.ai/1/dog.png"


async def test_ten_at_once_with_room_for_one_bring_one_picture_to_wiro(tmp_path: Path) -> None:
    one = DefaultLimits(1, Money.parse("2"), Money.parse("20"))
    async with a_harness(tmp_path / "db", default_limits=one) as harness:
        files = with_picture(harness)
        submits = [
            harness.jobs.submit(job_id, a_request(**files), an_origin(), a_requester())
            for job_id in range(1, 11)
        ]
        answers = await asyncio.gather(*submits, return_exceptions=True)
        assert sum(isinstance(answer, LimitReached) for answer in answers) == 9
        await until(lambda: len(harness.wiro.runs) == 1)
        assert len(harness.wiro.uploads) == len(harness.sources.fetched) == 1


async def test_a_file_that_is_gone_ends_its_job_without_a_charge(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = taking(Kind.FILE)
    await harness.submit(files=(InputFile("", "https://gone", "dog.png"),))
    job = await harness.end_of()
    assert (job.stage, job.cause, job.detail) == (Stage.FAILED, Cause.INPUT_LOST, "dog.png")
    assert await harness.spent() == (0, 0, 0, 0)
    assert harness.wiro.runs == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (InputFile("", URL, "dog.png", "image/png", 0), InputFault.EMPTY),
        (InputFile("", URL, "dog.png", "image/png", MAX_FILE_BYTES + 1), InputFault.TOO_LARGE),
        (InputFile("", URL, "a.txt", "text/plain", 9, is_picture=True), InputFault.NOT_A_PICTURE),
    ],
)
async def test_what_discord_says_of_a_file_is_looked_at_before_anything_is_held(
    harness: BotHarness, given: InputFile, fault: InputFault
) -> None:
    harness.wiro.known_models[MODEL.lower()] = taking(Kind.FILE)
    with pytest.raises(InputRefused) as refused:
        await harness.submit(files=(given,))
    assert refused.value.fault is fault
    assert await harness.store.unfinished() == harness.sources.fetched == []


async def test_what_only_its_bytes_show_is_told_as_the_end(harness: BotHarness) -> None:
    harness.sources.faults[URL] = InputRefused("dog.png", InputFault.DAMAGED, "cut off")
    await harness.submit(**with_picture(harness))
    job = await harness.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.INPUT_REFUSED)
    assert ending(job) == (
        "dog.png is damaged (cut off). Nothing was charged; save it anew and attach it again."
    )
    assert await harness.spent() == (0, 0, 0, 0)


async def test_a_cancel_while_a_file_is_brought_in_is_heard_at_once(harness: BotHarness) -> None:
    harness.sources.gate.clear()
    await harness.submit(**with_picture(harness))
    await until(lambda: harness.sources.fetched == [URL])
    await harness.jobs.cancel(1, a_requester())
    job = await harness.end_of()
    assert (job.stage, job.cause) == (Stage.CANCELLED, Cause.CANCELLED)
    assert harness.wiro.uploads == harness.wiro.runs == []


async def test_a_restart_while_a_file_is_brought_in_begins_with_it_again(tmp_path: Path) -> None:
    wiro = ScriptedWiro()
    async with a_harness(tmp_path / "db", wiro) as harness:
        harness.sources.gate.clear()
        await harness.submit(**with_picture(harness))
        await until(lambda: harness.sources.fetched == [URL])
    async with a_harness(tmp_path / "db", wiro) as harness:
        harness.sources.put(URL)
        await harness.jobs.resume()
        await harness.watched()
        assert wiro.runs[0][1]["inputImageUrl"] == "https://cdn1.wiro.ai/1/dog.png"


async def test_a_model_without_pictures_is_refused_with_some_that_take_them(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", (Parameter("prompt", Kind.LONG_TEXT),))
    harness.wiro.summaries = [
        ModelSummary("a/film", "Film", None, categories=("image-to-video",), run_count=9_000),
        ModelSummary("a/words", "Words", None, categories=("text-to-image",), run_count=8_000),
        ModelSummary("a/edit", "Edit", None, categories=("image-to-image",), run_count=5),
        ModelSummary("b/edit", "Edit", None, categories=("image-editing",), run_count=50),
    ]
    await harness.catalogue.refresh()
    with pytest.raises(PictureNotTaken) as refused:
        await harness.submit(files=(harness.sources.put(URL),))
    assert refused.value.takers == ("b/edit", "a/edit", "a/film")
    assert harness.sources.fetched == []


async def test_again_sends_what_wiro_keeps(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch(**with_picture(harness))
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    harness.sources.contents.clear()  # Discord's copy has expired
    again = await harness.jobs.again(1, 2, an_origin(), a_requester(), is_retry=False)
    assert again is not None
    await harness.watched(2)
    assert harness.wiro.runs[0][1]["inputImageUrl"] == harness.wiro.runs[1][1]["inputImageUrl"]
    assert len(harness.wiro.uploads) == 1


async def test_again_of_what_went_along_needs_the_file_once_more(harness: BotHarness) -> None:
    harness.wiro.upload_faults.extend([REFUSED] * 2)
    task_id = await harness.submit_and_watch(**with_picture(harness))
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    harness.sources.contents.clear()
    await harness.jobs.again(1, 2, an_origin(), a_requester(), is_retry=False)
    assert (await harness.end_of(2)).cause is Cause.INPUT_LOST


async def test_a_full_disk_holds_nobodys_turn_and_everybody_is_told(harness: BotHarness) -> None:
    harness.wiro.upload_faults.extend([REFUSED] * 2 * (MAX_AT_ONCE + 1))
    full = harness.store.faults["save"]
    full.extend([DatabaseFull("no room")] * 100_000)
    jobs = range(1, MAX_AT_ONCE + 2)
    for job_id in jobs[:-1]:
        await harness.submit(job_id, user_id=job_id, **with_picture(harness))
    await until(lambda: len(full) < 100_000 - 3 * MAX_AT_ONCE)
    await harness.submit(jobs[-1], user_id=jobs[-1], **with_picture(harness))
    await until(lambda: len(harness.wiro.uploads) == 2 * len(jobs))
    for job_id in jobs:
        await until(
            lambda job_id=job_id: any(
                n.job.job_id == job_id and n.note == NO_ROOM for n in harness.board.shown
            )
        )
    assert harness.wiro.runs == []
    await harness.jobs.cancel(1, a_requester())
    full.clear()
    assert (await harness.end_of(1)).cause is Cause.CANCELLED
    for job_id in jobs[1:]:
        await harness.watched(job_id)
        assert [n.note for n in harness.board.shown if n.job.job_id == job_id][-1] == ""
    assert [len(files) for files in harness.wiro.files_sent] == [1] * MAX_AT_ONCE


async def accepted_but_not_sent(path: Path, wiro: ScriptedWiro, *, is_kept: bool) -> Job:
    """A job on record with its file, whose Run was never sent."""
    async with a_harness(path, wiro, max_running=1) as harness:
        await harness.submit_and_watch(1)
        if not is_kept:
            wiro.upload_faults.extend([REFUSED] * 2)
        job = await harness.submit(2, **with_picture(harness))
        await until(lambda: any(n.job.job_id == 2 and n.queue_position == 1 for n in harness.board.shown))
        return job


@pytest.mark.parametrize("is_kept", [True, False])
async def test_after_a_restart_the_file_goes_into_the_run_all_the_same(tmp_path: Path, is_kept: bool) -> None:
    wiro = ScriptedWiro()
    await accepted_but_not_sent(tmp_path / "db", wiro, is_kept=is_kept)
    async with a_harness(tmp_path / "db", wiro) as harness:
        harness.sources.put(URL)
        if not is_kept:
            wiro.upload_faults.extend([REFUSED] * 2)
        await harness.jobs.resume()
        await harness.watched(2)
        assert wiro.runs[-1][1].get("inputImageUrl") == (
            "https://cdn1.wiro.ai/1/dog.png" if is_kept else None
        )
        assert [upload.content for upload in wiro.files_sent[-1]] == ([] if is_kept else [b"a picture"])


async def test_a_file_gone_by_the_restart_ends_the_job_without_a_charge(tmp_path: Path) -> None:
    wiro = ScriptedWiro()
    await accepted_but_not_sent(tmp_path / "db", wiro, is_kept=False)
    async with a_harness(tmp_path / "db", wiro) as harness:
        await harness.jobs.resume()
        job = await harness.end_of(2)
        assert (job.stage, job.cause, job.detail) == (Stage.FAILED, Cause.INPUT_LOST, "dog.png")
        assert (await harness.spent())[1] == 1  # the other one, which still runs
        assert len(wiro.runs) == 1


async def test_a_lost_run_with_a_file_is_found_again(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(LOST_ANSWER)
    harness.wiro.is_made_although_unanswered = True
    task_id = await harness.submit_and_watch(**with_picture(harness), prompt="")
    harness.wiro.tell(task_id, SUCCESS)
    job = await harness.end_of()
    assert job.stage is Stage.SUCCEEDED
    assert len(harness.wiro.runs) == 1
