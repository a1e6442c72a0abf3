"""The words of a run as files, pages and logs: whole, bounded, and for whoever asks page by page."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.attachments import attachments
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.view.actions.buttons import JobAction, JobButton, PageMove, TextAction
from bot.view.cards.renderer import final_card
from bot.view.cards.texts import last_lines, log_card, page_card
from bot.view.files.fitting import Bounds
from bot.view.layout import layout_of
from bot.view.text import said
from bot.view.text.format import code_block
from bot.view.text.links import LINKS_CHARS
from bot.view.text.said import TextPart
from tests.support.samples import a_job, a_picture
from tests.support.seals import SEAL

MIB = 1024 * 1024
WHOLE = Bounds(10 * MIB, 24 * MIB)
URL = "https://cdn1.wiro.ai/" + "-".join(["0a1b2c3d"] * 9)
WORDS = OutputFile("answer.md", "text/markdown", None, None)


def a_text(*answers: str, thinking: str | None = None) -> Job:
    outputs = tuple(Output("output", "raw", None, text=answer, thinking=thinking) for answer in answers)
    return a_job(stage=Stage.SUCCEEDED, outputs=outputs, task_id="101")


async def as_it_is(picture: OutputFile, limit_bytes: int) -> OutputFile:
    fits = picture.content is None or len(picture.content) <= limit_bytes
    return picture if fits else replace(picture, content=None)


async def test_a_short_answer_needs_no_file() -> None:
    assert await attachments(a_text("Yes."), [WORDS], WHOLE, as_it_is) == []


@pytest.mark.parametrize(
    "answer", ["word " * 40_000, "x" * 200_000, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 40_000]
)
async def test_a_long_answer_is_attached_whole_and_can_be_read_page_by_page(answer: str) -> None:
    job = a_text(answer)
    (file,) = await attachments(job, [WORDS], WHOLE, as_it_is)
    assert (file.filename, file.content) == ("answer.md", answer.encode())
    pages = said.pages(job, TextPart.ANSWER)
    assert "".join(page.body for page in pages) == answer
    assert final_card(StatusUpdate(job), [file]).body == pages[0].shown


async def test_an_answer_of_megabytes_is_attached_and_its_pages_have_an_end() -> None:
    job = a_text("word " * 1_000_000)
    (file,) = await attachments(job, [WORDS], WHOLE, as_it_is)
    assert len(file.content or b"") == 5_000_000
    pages = said.pages(job, TextPart.ANSWER)
    last = page_card(job, TextPart.ANSWER, pages, 9_999)
    assert (
        last.small_print
        == f"page {said.MAX_PAGES} of {said.MAX_PAGES} that can be turned to here; the file has the rest"
    )
    assert [press.move for press in last.buttons] == [PageMove.BACK]


async def test_an_answer_past_the_limit_is_zipped_and_past_that_told() -> None:
    job = a_text("word " * 40_000)
    (file,) = await attachments(job, [WORDS], Bounds(100_000, 24 * MIB), as_it_is)
    assert file.filename == "answer.zip"
    with zipfile.ZipFile(io.BytesIO(file.content or b"")) as archive:
        assert archive.read("answer.md") == ("word " * 40_000).encode()
    assert await attachments(job, [WORDS], Bounds(100, 100), as_it_is) == []


async def test_an_answer_beside_pictures_takes_a_place_of_its_own() -> None:
    job = replace(a_text("word " * 2_000), stage=Stage.SUCCEEDED)
    pictures = [a_picture(f"{n}.png") for n in range(12)]
    made = await attachments(job, [WORDS, *pictures], WHOLE, as_it_is)
    attached = [picture.filename for picture in made if picture.content is not None]
    assert attached == ["answer.md", *(f"{n}.png" for n in range(9))]
    card = final_card(StatusUpdate(job), made)
    assert set(card.pictures + card.files) == set(attached)
    assert all(f"[{n}.png]" in card.text for n in range(9, 12))


async def test_sixty_four_outputs_are_all_to_be_found() -> None:
    pictures = [OutputFile(f"{n}.png", "image/png", b"a picture", f"{URL}/{n}.png") for n in range(64)]
    job = a_job(stage=Stage.SUCCEEDED)
    made = await attachments(job, pictures, WHOLE, as_it_is)
    attached = [picture for picture in made if picture.content is not None]
    assert [picture.filename for picture in attached] == ["links.txt", *(f"{n}.png" for n in range(9))]
    listed = (attached[0].content or b"").decode()
    assert [f"{n}.png\t{URL}/{n}.png" for n in range(9, 64)] == listed.splitlines()
    card = final_card(StatusUpdate(job), made)
    assert "more links: see links.txt" in card.text
    assert card.files == ("links.txt",)
    assert len(card.text) < LINKS_CHARS + 1_000


async def test_an_attachment_is_never_left_without_its_place_in_the_card() -> None:
    pictures = [OutputFile(f"{n % 3}.png", "image/png", b"a picture", f"{URL}/{n}.png") for n in range(7)]
    pictures.append(OutputFile("LINKS.txt", "text/plain", b"mine", f"{URL}/links.txt"))
    made = await attachments(a_text("word " * 3_000), pictures, WHOLE, as_it_is)
    card = final_card(StatusUpdate(a_text("word " * 3_000)), made)
    attached = [picture.filename for picture in made if picture.content is not None]
    assert sorted(card.pictures + card.files) == sorted(attached)
    assert len(attached) == 9


def test_several_answers_are_numbered() -> None:
    whole = said.whole(a_text("One.", "Two."), TextPart.ANSWER)
    assert whole == "**Answer 1**\n\nOne.\n\n**Answer 2**\n\nTwo."
    assert said.whole(a_text("Yes", "No", thinking="hm"), TextPart.THINKING).startswith(
        "**Thoughts 1**\n\nhm"
    )
    assert said.whole(a_job(), TextPart.ANSWER) == ""


@pytest.mark.parametrize("hidden", ["", "\x00" * 19_000, "\x00" * 100_000])
def test_the_first_page_begins_where_something_is_to_be_seen(hidden: str) -> None:
    job = a_text(f"{hidden}word {'more ' * 6_000}")
    body, is_cut = said.first_page(job)
    assert body.startswith("word more")
    assert is_cut
    assert body == said.pages(job, TextPart.ANSWER)[0].shown
    assert said.first_page(a_text(f"{hidden}word")) == ("word", False)


def test_pages_lead_to_their_neighbours() -> None:
    job = a_text("word " * 3_000)
    pages = said.pages(job, TextPart.ANSWER)
    middle = page_card(job, TextPart.ANSWER, pages, 1)
    assert middle.buttons == (
        TextAction(1, TextPart.ANSWER, 0, PageMove.BACK),
        TextAction(1, TextPart.ANSWER, 2, PageMove.ON),
    )
    assert middle.small_print == f"page 2 of {len(pages)}"
    assert [press.move for press in page_card(job, TextPart.ANSWER, pages, 0).buttons] == [PageMove.ON]
    assert layout_of(middle, SEAL).content_length() <= 4_000


@given(st.text(min_size=1, max_size=12_000), st.integers(0, 5))
def test_every_page_fits_into_a_message(text: str, number: int) -> None:
    job = a_text("x", thinking=text)
    pages = said.pages(job, TextPart.THINKING)
    if pages:
        assert layout_of(page_card(job, TextPart.THINKING, pages, number), SEAL).content_length() <= 4_000


def test_a_log_is_shown_as_a_terminal_would() -> None:
    log = "\x1b[31mwarning\x1b[0m: x\r\nstep 1/3\rstep 2/3\rstep 3/3\ndone\n\n"
    assert last_lines(log) == (["warning: x", "step 3/3", "done"], 3)
    card = log_card(a_text("x"), log, is_attached=True)
    assert "warning: x\nstep 3/3\ndone" in card.text
    assert card.files == ("log.txt",)
    assert card.small_print == "3 lines in all, attached as a file"
    assert card.buttons == ()


def test_a_log_without_end_is_shown_by_its_end() -> None:
    log = "first\n" + "\x1b[m\n" * 5 + "x" * 50_000 + "\rlast\n" + "\x1b[0m \n" * 1_000
    assert last_lines(log) == (["first", "", "", "", "", "", "last"], 7)
    assert last_lines("\n".join(map(str, range(100))))[0] == [str(number) for number in range(60, 100)]


def test_an_empty_log_says_so() -> None:
    assert "has written nothing." in log_card(a_text("x"), "\n \n", is_attached=False).text
    running = log_card(a_job(stage=Stage.RUNNING, task_id="1"), "", is_attached=False)
    assert "has written nothing yet." in running.text
    assert running.buttons == (JobAction(JobButton.LOG, 1),)


@given(st.text(max_size=9_000) | st.just("x" * 100_000) | st.just("\U0001f600" * 9_000))
def test_a_card_of_any_log_fits_and_shows_its_end(log: str) -> None:
    card = log_card(a_job(stage=Stage.RUNNING, task_id="1"), log, is_attached=True)
    assert layout_of(card, SEAL).content_length() <= 4_000
    lines, _ = last_lines(log)
    if lines:
        end = code_block(lines[-1][-5:], 10).removeprefix("```\n")
        assert card.text.replace("`", "'").endswith(end.replace("`", "'"))


def test_words_hide_no_marks_of_a_code_block() -> None:
    card = log_card(a_text("x"), "a ``` b\n@everyone", is_attached=False)
    assert card.text.count("```") == 2
