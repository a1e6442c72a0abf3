"""Exports: exact, readable by spreadsheets, harmless to them, and no larger than may be attached."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.job import Cause, Output, Stage
from bot.domain.money import MAX_PICO, Money
from bot.domain.records.reports import ExportLine, Remembered
from bot.domain.request.files import InputFile
from bot.view.files.export import (
    COLUMNS,
    exact_dollars,
    files_within,
    id_cell,
    records_json,
    text_cell,
    usage_csv,
)
from tests.support.samples import MODEL, NOON_S, PNG, a_job, a_request

SNOWFLAKE = 1_234_567_890_123_456_789
LINE = ExportLine(
    SNOWFLAKE, NOON_S, SNOWFLAKE + 1, SNOWFLAKE + 2, MODEL, "SUCCEEDED", Money(3_510_000_001), 4.25
)


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_line_is_written_exactly() -> None:
    heading, line = table(usage_csv([LINE]))
    assert tuple(heading) == COLUMNS
    assert line == [
        f"'{SNOWFLAKE}",
        "2026-03-01T12:00:00Z",
        f"'{SNOWFLAKE + 1}",
        f"'{SNOWFLAKE + 2}",
        MODEL,
        "succeeded",
        "0.003510000001",
        "4.250",
    ]


def test_the_file_begins_with_the_mark_that_spreadsheets_look_for() -> None:
    assert usage_csv([]).startswith(b"\xef\xbb\xbfjob_id,")


def test_a_time_that_is_not_known_is_an_empty_cell() -> None:
    assert table(usage_csv([replace(LINE, elapsed_s=None)]))[1][-1] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "\t="])
def test_a_cell_that_could_be_a_formula_is_neutralised(start: str) -> None:
    hostile = f'{start}HYPERLINK("https://evil.example")'
    (line,) = table(usage_csv([replace(LINE, model=hostile)]))[1:]
    assert line[4] == f"'{hostile}"


@pytest.mark.parametrize("text", ["", "a=b", "owner/model-2", "'quoted"])
def test_a_harmless_cell_stays_as_it_is(text: str) -> None:
    assert text_cell(text) == text


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = text_cell(text)
    assert cell.removeprefix("'") == text or cell == text
    assert cell.lstrip()[:1] not in {"=", "+", "-", "@"}
    assert cell[:1] not in {"\t", "\r"}


@given(st.integers(0, MAX_PICO))
def test_amounts_are_exact_to_the_twelfth_decimal(pico: int) -> None:
    text = exact_dollars(Money(pico))
    assert Money.parse(text).pico == pico
    assert len(text.partition(".")[2]) == 12


def test_ids_keep_every_digit_as_text() -> None:
    assert id_cell(SNOWFLAKE) == "'1234567890123456789"


def test_records_hold_everything_that_is_kept() -> None:
    job = replace(
        a_job(SNOWFLAKE),
        request=a_request(
            negative_prompt="fog", width=1024, height=768, steps=20, guidance=4.5, seed=9, count=2
        ),
        seed=9,
        stage=Stage.FAILED,
        cause=Cause.WIRO_FAILED,
        detail="out of memory",
        task_id="77",
        cost=Money(5),
        elapsed_s=2.5,
        outputs=(PNG, Output("answer", "text/plain", None, text="forty-two")),
    )
    (record,) = json.loads(records_json([job]))
    assert record["job_id"] == str(SNOWFLAKE)
    assert record["asked_at"] == "2026-03-01T12:00:00Z"
    assert record["prompt"] == "a lighthouse at dusk"
    assert record["negative_prompt"] == "fog"
    assert (record["width"], record["height"], record["steps"], record["guidance"]) == (1024, 768, 20, 4.5)
    assert (record["seed_asked_for"], record["seed_used"], record["pictures"]) == (9, 9, 2)
    assert (record["stage"], record["failed_because"], record["wiro_said"]) == (
        "failed",
        "wiro_failed",
        "out of memory",
    )
    assert (record["wiro_task_id"], record["cost_usd"], record["held_usd"]) == (
        "77",
        "0.000000000005",
        "0.050000000000",
    )
    assert [(output["address"], output["text"]) for output in record["outputs"]] == [
        (PNG.url, None),
        (None, "forty-two"),
    ]


def test_what_a_form_sent_and_what_is_remembered_of_it_is_told_whole() -> None:
    picture = InputFile(
        "inputImage", "https://cdn.test/a.png", "a.png", "image/png", 9, "https://wiro.test/a"
    )
    request = a_request(values=(("scale", 0.1), ("extras", ("x1", "x2"))), files=(picture,), strength=0.5)
    remembered = Remembered("wiro/x", {"prompt": ("=a mill",)}, NOON_S)
    job, form = json.loads(records_json([a_job(request=request), remembered]))
    assert (job["form_values"], job["strength"]) == ({"scale": 0.1, "extras": ["x1", "x2"]}, 0.5)
    (file,) = job["files_given"]
    assert (file["name"], file["size_bytes"], file["address_at_wiro"]) == ("a.png", 9, "https://wiro.test/a")
    assert form == {
        "last_values_for": "wiro/x",
        "saved_at": "2026-03-01T12:00:00Z",
        "form_values": {"prompt": ["=a mill"]},
    }


def test_a_prompt_in_any_script_and_with_half_a_pair_is_written() -> None:
    jobs = [a_job(request=a_request(prompt="灯台 🗼 \ud83d"))]
    (record,) = json.loads(records_json(jobs))
    assert record["prompt"].startswith("灯台 🗼")


def as_lines(items: Sequence[str]) -> bytes:
    return "\n".join(items).encode()


def test_what_fits_is_one_plain_file() -> None:
    (file,) = files_within(["one", "two"], as_lines, "all.txt", 100)
    assert (file.filename, file.content) == ("all.txt", b"one\ntwo")


def test_what_is_too_large_is_zipped() -> None:
    (file,) = files_within(["a" * 5_000], as_lines, "all.txt", 1_000)
    assert file.filename == "all.txt.zip"
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert archive.read("all.txt") == b"a" * 5_000


def test_what_is_too_large_even_zipped_comes_in_parts_that_fit() -> None:
    items = [f"{n * n * 7919:x}-{n}" for n in range(2_000)]
    limit = 4_000
    files = files_within(items, as_lines, "all.txt", limit)
    assert len(files) > 1
    assert all(len(file.content) <= limit for file in files)
    assert [file.filename.split("-all")[0] for file in files] == [
        f"part-{n}" for n in range(1, len(files) + 1)
    ]
    found: list[str] = []
    for file in files:
        content = file.content
        if file.filename.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read("all.txt")
        found += content.decode().split("\n")
    assert found == items
