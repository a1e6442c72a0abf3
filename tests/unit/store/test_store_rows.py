"""A job as a row and back again: nothing is lost, nothing crashes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.job import Cause, Job, Output, Progress, Stage
from bot.domain.money import MAX_PICO, Money
from bot.domain.request.origin import Origin
from bot.domain.request.run_request import RunRequest
from bot.store.sqlite.rows import (
    COLUMNS,
    PLACEHOLDERS,
    job_of,
    row_of,
    storable,
    storable_json,
    values_of_row,
)
from bot.store.sqlite.schema import known_migrations, migrate

INSERT = f"REPLACE INTO jobs ({COLUMNS}) VALUES ({PLACEHOLDERS})"  # noqa: S608 — constants of ours
SELECT = f"SELECT {COLUMNS} FROM jobs"  # noqa: S608 — a constant of ours

# Without surrogates and U+0000: these come back as they went.
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
IDS = st.integers(0, 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MONEY = st.integers(0, MAX_PICO).map(Money)


def maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


JOBS = st.builds(
    Job,
    job_id=IDS,
    origin=st.builds(Origin, IDS, IDS, maybe(IDS), maybe(IDS), st.booleans(), IDS, IDS),
    request=st.builds(
        RunRequest,
        TEXTS,
        TEXTS,
        maybe(TEXTS),
        maybe(IDS),
        maybe(IDS),
        maybe(IDS),
        maybe(NUMBERS),
        maybe(IDS),
        IDS,
    ),
    seed=IDS,
    hold=MONEY,
    created_at_s=NUMBERS,
    stage=st.sampled_from(Stage),
    sent_at_s=maybe(NUMBERS),
    task_id=maybe(TEXTS),
    progress=maybe(st.builds(Progress, IDS, IDS)),
    cause=maybe(st.sampled_from(Cause)),
    detail=TEXTS,
    cost=maybe(MONEY),
    elapsed_s=maybe(NUMBERS),
    outputs=st.lists(st.builds(Output, TEXTS, TEXTS, maybe(TEXTS), maybe(IDS), maybe(TEXTS)), max_size=3).map(
        tuple
    ),
    is_delivered=st.booleans(),
    is_charge_open=st.booleans(),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, known_migrations(), lambda: 0.0)
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


@given(job=JOBS)
def test_a_job_comes_back_as_it_went(connection: sqlite3.Connection, job: Job) -> None:
    connection.execute(INSERT, values_of_row(row_of(job)))
    assert job_of(connection.execute(SELECT).fetchone()) == job
    connection.execute("DELETE FROM jobs")


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_becomes_one_that_utf_8_can_hold(text: str) -> None:
    stored = storable(text)
    assert stored.encode().decode() == stored
    assert storable(stored) == stored
    assert "\0" not in stored
    if not any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
        assert stored == text


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("\0\\u"))))
def test_json_loses_u_0000_and_nothing_else(texts: list[str]) -> None:
    text = storable_json(texts)
    assert "\0" not in text
    assert json.loads(text) == [part.replace("\0", "") for part in texts]
    assert storable_json(json.loads(text)) == text


def test_what_only_looks_like_an_escaped_u_0000_is_kept() -> None:
    assert json.loads(storable_json(["\\u0000", "\\\0u0000", "a\0b"])) == ["\\u0000", "\\u0000", "ab"]


def test_a_lone_half_is_replaced_and_two_halves_are_joined() -> None:
    assert storable("a\ud83d\ude00b\ud83dc\ude00") == "a😀b\ufffdc\ufffd"


def test_a_row_that_no_version_of_ours_wrote_is_named(connection: sqlite3.Connection) -> None:
    job = Job(
        7,
        Origin(1, 2, 3, None, is_private=False, attachment_limit_bytes=1),
        RunRequest("m", "p"),
        1,
        Money(1),
        1.0,
    )
    connection.execute(INSERT, values_of_row(row_of(job) | {"stage": "DREAMING"}))
    with pytest.raises(DatabaseUnavailable, match=r"job 7 cannot be read.*DREAMING"):
        job_of(connection.execute(SELECT).fetchone())
    connection.execute("DELETE FROM jobs")


def test_no_secret_of_a_task_has_a_column() -> None:
    assert "token" not in COLUMNS
