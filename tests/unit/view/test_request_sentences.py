"""What is wrong with a form or a file, in sentences that say what to do next."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Option, Parameter
from bot.domain.job.input_faults import refused_by
from bot.domain.job.job import Cause, Stage
from bot.domain.request.errors import InputFault, InputRefused, PictureNotTaken
from bot.domain.request.files import InputFile
from bot.domain.request.form import Complaint, FieldFault, FieldsRefused
from bot.view.text.endings import ending
from bot.view.text.headings import format_sent, heading, sent_count
from bot.view.text.requests import format_complaint
from bot.view.text.sentences import sentence
from tests.support.samples import a_job, a_request

STEPS = Parameter("steps", Kind.WHOLE, "Steps", minimum=Decimal(1), maximum=Decimal(50))
STYLE = Parameter("style", Kind.CHOICE, "Style", options=tuple(Option(f"s{n}") for n in range(8)))
IMAGE = Parameter("inputImage", Kind.FILE, "Input Image")


@pytest.mark.parametrize(
    ("complaint", "words"),
    [
        (Complaint(STEPS, FieldFault.REQUIRED), "Steps is missing"),
        (
            Complaint(STEPS, FieldFault.NOT_A_NUMBER, "٣"),
            "Steps takes a number from 1 to 50, and “٣” is none",
        ),
        (Complaint(STEPS, FieldFault.NOT_WHOLE, "1.5"), "Steps takes whole numbers, and “1.5” is none"),
        (Complaint(STEPS, FieldFault.TOO_LARGE, "51"), "Steps takes a number from 1 to 50, not “51”"),
        (
            Complaint(Parameter("x", Kind.WHOLE, minimum=Decimal(2)), FieldFault.TOO_SMALL, "1"),
            "x takes a number of at least 2, not “1”",
        ),
        (
            Complaint(Parameter("x", Kind.WHOLE, maximum=Decimal("2.50")), FieldFault.TOO_LARGE, "3"),
            "x takes a number of at most 2.50, not “3”",
        ),
        (
            Complaint(Parameter("x", Kind.WHOLE), FieldFault.NOT_A_NUMBER, "y"),
            "x takes a number, and “y” is none",
        ),
        (
            Complaint(STYLE, FieldFault.NOT_AN_OPTION, "s9"),
            "Style takes one of s0, s1, s2, s3, s4, s5 and 2 more, not “s9”",
        ),
        (
            Complaint(Parameter("old", Kind.TEXT), FieldFault.NOT_AN_OPTION, "y"),
            "old is not asked for any more, so “y” was left out",
        ),
        (
            Complaint(Parameter("prompt", Kind.TEXT), FieldFault.TOO_LONG, "x" * 2_001),
            "prompt can have 2,000 characters and this has 2,001",
        ),
        (Complaint(IMAGE, FieldFault.TOO_MANY_FILES, "3"), "Input Image takes 1 file, not 3"),
        (
            Complaint(IMAGE, FieldFault.WRONG_TYPE, "a.txt"),
            "Input Image takes a picture, and “a.txt” is none",
        ),
        (
            Complaint(Parameter("doc", Kind.FILE), FieldFault.WRONG_TYPE, "a.txt"),
            "doc takes another type of file, and “a.txt” is none",
        ),
        (
            Complaint(IMAGE, FieldFault.FILE_TOO_LARGE, "a.png"),
            "Input Image takes files of up to 100 MB, and “a.png” is larger",
        ),
    ],
)
def test_each_fault_names_the_field_and_what_it_takes(complaint: Complaint, words: str) -> None:
    assert format_complaint(complaint) == words


def test_many_complaints_are_one_sentence_that_counts_the_rest() -> None:
    complaint = Complaint(STEPS, FieldFault.REQUIRED)
    assert sentence(FieldsRefused((complaint,), "wiro/x")) == (
        "wiro/x cannot be run like this: Steps is missing. Nothing was held; change it and try again."
    )
    assert "; 1 more field is not right either." in sentence(FieldsRefused((complaint,) * 4, "wiro/x"))
    assert "; 2 more fields are not right either." in sentence(FieldsRefused((complaint,) * 5, "wiro/x"))


@pytest.mark.parametrize("fault", InputFault)
@pytest.mark.parametrize("detail", ["", "157286400", "a web page", "9" * 30, "**@everyone**"])
def test_every_file_that_is_refused_is_named_with_what_to_do(fault: InputFault, detail: str) -> None:
    text = sentence(InputRefused("my_cat.png", fault, detail))
    assert fault in {InputFault.NO_PICTURE, InputFault.FORGOTTEN} or text.startswith("my\\_cat.png ")
    assert "Nothing was held; " in text
    assert text.endswith(".")
    assert "**" not in text.replace("\\*", "")


def test_a_file_that_is_too_large_tells_how_large() -> None:
    text = sentence(InputRefused("a.png", InputFault.TOO_LARGE, size_bytes=150 * 1024 * 1024))
    assert "larger than the 100 MB that Wiro takes (150 MB)" in text


@pytest.mark.parametrize("fault", [fault for fault in InputFault if fault is not InputFault.UNAVAILABLE])
def test_a_job_keeps_why_its_file_was_refused(fault: InputFault) -> None:
    error = InputRefused("a.png", fault, "" if fault is InputFault.TOO_LARGE else "why")
    if fault is InputFault.TOO_LARGE:
        error.size_bytes = 150 * 1024 * 1024
    end = refused_by(error)
    job = a_job(stage=Stage.FAILED, cause=end.cause, detail=end.detail)
    assert ending(job) == sentence(error).replace("Nothing was held", "Nothing was charged")


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ('["TOO_LARGE", "a.png", "157286400"]', "larger than the 100 MB that Wiro takes (150 MB). Nothing"),
        ('["TOO_LARGE", "a.png", ""]', "larger than the 100 MB that Wiro takes. Nothing"),
        ('["DAMAGED", "a.png", "truncated"]', "a.png is damaged (truncated)."),
        ('["GONE", "a.png", ""]', "The file could not be fetched"),
        ("none of ours", "The file could not be fetched"),
    ],
)
def test_why_a_file_was_refused_is_read_as_0_1_0_kept_it(detail: str, words: str) -> None:
    assert words in ending(a_job(stage=Stage.FAILED, cause=Cause.INPUT_REFUSED, detail=detail))


def test_a_model_that_takes_no_picture_is_named() -> None:
    assert sentence(PictureNotTaken("wiro/x")).startswith("wiro/x takes no picture.")


@given(st.text(max_size=60), st.sampled_from(FieldFault))
def test_what_members_and_pages_wrote_stays_words(text: str, fault: FieldFault) -> None:
    parameter = Parameter(text, Kind.CHOICE, text, options=(Option(text, text),))
    words = format_complaint(Complaint(parameter, fault, text))
    assert "@everyone" not in words
    assert "://" not in words.replace("\\:", "")


# --- what a request is called ---------------------------------------------------------------------


def test_a_request_is_called_by_its_prompt_or_by_its_model() -> None:
    assert heading(a_request(prompt="a *mill*"), 50) == "a \\*mill\\*"
    assert heading(a_request(prompt=""), 50) == "stable-diffusion-3-medium"
    assert heading(a_request(prompt="\u200b"), 50) == "stable-diffusion-3-medium"


def test_what_was_sent_besides_is_told_as_far_as_there_is_room() -> None:
    picture = InputFile("inputImage", "https://cdn.test/a.png", "a.png")
    request = a_request(
        values=(("scale", 0.30000000000000004), ("extras", ("x1", "x2")), ("note", "")),
        files=(picture, InputFile("", "https://cdn.test/b.png", "b.png")),
    )
    assert format_sent(request, 100) == "scale 0.3 · extras x1, x2 · note — · inputImage a.png · b.png"
    assert format_sent(request, 40) == "scale 0.3 · extras x1, x2 · 3 more"
    assert format_sent(request, 5) == sent_count(request) == "3 settings, 2 files"
    assert format_sent(a_request(), 100) == ""
