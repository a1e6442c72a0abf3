"""A database as it stood before release 0.2.0 goes on: what is kept as data is read as what it meant.

`before_0_2_0.sql` is the dump of a file that release 0.1.0 made and a development version took over, written
by its own code: an audit entry of each kind, the key of the buttons, reports, open charges, files.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.job.job import Exposure, Stage
from bot.domain.limits.limit import OPERATOR, Audience, Measure, Usage, Window, member_scope, person_scope
from bot.domain.limits.policies import LimitKey
from bot.domain.moderation.audit import (
    CaseChange,
    ChannelChange,
    GrantChange,
    LimitChange,
    LogChannelChange,
    MemberChange,
    ModelChange,
    PicturesChange,
    StyleChange,
    WordChange,
    WordsChange,
)
from bot.domain.moderation.cases import CaseKind, Verdict
from bot.domain.moderation.rules import ChannelRule, Match, ModelRule, PictureRule, WordRule
from bot.domain.money import PICO_PER_DOLLAR
from bot.domain.request.files import InputFile
from bot.domain.request.intake import Intake
from bot.domain.request.style import Style
from bot.store.sqlite.database import Database
from bot.store.sqlite.schema import known_migrations
from bot.store.sqlite.stores import SqliteStores
from bot.view.actions.seal import Seal
from tests.support.store_samples import CHANNEL, DAY_S, GUILD, MODEL, NOON_S, audit_of, restored

DUMP = Path(__file__).with_name("before_0_2_0.sql")
ARTIST, PAINTER, MODERATOR = 1, 2, 99
AT_S = NOON_S + 60
CENT = PICO_PER_DOLLAR // 100
GIVEN = InputFile(
    "image",
    "https://cdn.discordapp.com/a.png",
    "a.png",
    "image/png",
    7,
    "https://cdn1.wiro.ai/in/a.png",
    is_picture=True,
    owner_id=PAINTER,
)


@pytest.fixture
async def stores(path: Path) -> AsyncIterator[SqliteStores]:
    assert restored(DUMP.read_text(encoding="utf-8"), path) == 14
    async with Database(path, wall=lambda: AT_S + 3_600) as database:
        yield SqliteStores(database)


async def test_its_books_agree_and_its_counters_say_what_they_said(stores: SqliteStores) -> None:
    assert await stores.jobs.audit() == []
    numbers = "SELECT number FROM migration ORDER BY number"
    applied = await stores.database.read(lambda sqlite: [number for (number,) in sqlite.execute(numbers)])
    assert applied == [migration.number for migration in known_migrations()]
    for scope, used in {
        member_scope(GUILD, ARTIST): Usage(3, 6, CENT * 4 // 5, 6 * CENT),
        person_scope(ARTIST): Usage(4, 6, CENT * 23 // 20, 6 * CENT),
        OPERATOR: Usage(6, 7, CENT * 33 // 20, 7 * CENT),
    }.items():
        assert await stores.jobs.usage(scope, Window.DAY, AT_S) == used


async def test_its_audit_log_is_read_as_what_was_changed(stores: SqliteStores) -> None:
    key = LimitKey(Measure.RUNS, Window.HOUR, CHANNEL, MODEL)
    chalk = Style(GUILD, 0, "Chalk", "{prompt}, chalk", MODERATOR, AT_S, "people", MODEL, 512, 768, 20, 4.5)
    entries = await audit_of(stores.guilds)
    assert {entry.actor_id for entry in entries} == {MODERATOR}
    assert [entry.change for entry in entries[:10]] == [
        CaseChange(302, CaseKind.REPORT, ARTIST, Verdict.OPEN, Verdict.RESTORED),
        StyleChange("Chalk", None, chalk),
        PicturesChange(0, None, PictureRule.ANYONE),
        LogChannelChange(32, 34),
        MemberChange(9, before=False, after=True),
        WordChange(WordRule("goat", is_pattern=False, match=Match.TOLERANT), before=False, after=True),
        ModelChange("wiro/odd", None, ModelRule.GENERAL),
        ChannelChange(33, None, ChannelRule.DENY),
        GrantChange(ARTIST, Measure.SPEND, PICO_PER_DOLLAR),
        LimitChange(Audience.MEMBER, ARTIST, key, None, 9),
    ]
    assert {type(entry.change) for entry in entries[10:]} == {WordsChange}
    assert len(entries) == 22


async def test_its_jobs_go_on_with_their_files_values_and_charges(stores: SqliteStores) -> None:
    unfinished = {job.job_id: job for job in await stores.jobs.unfinished()}
    assert sorted(unfinished) == [201, 202, 203, 204, 205, 206, 207]
    request = unfinished[207].request
    assert request.files == (GIVEN,)
    assert (request.values, request.strength) == ((("style", "oil"), ("sizes", ("1", "2"))), 0.4)
    waited_for = await stores.jobs.open_charges()
    assert [(charge.job_id, charge.task_id, charge.until_s) for charge in waited_for] == [
        (103, "t103", NOON_S - 3_600 + DAY_S),
        (208, "t208", AT_S + DAY_S),
    ]
    unbilled, hidden = await stores.jobs.job(208), await stores.jobs.job(101)
    assert unbilled is not None
    assert (unbilled.stage, unbilled.is_charge_open) == (Stage.SUCCEEDED, True)
    assert hidden is not None
    assert hidden.exposure is Exposure.HIDDEN


async def test_its_cases_wishes_and_what_was_on_its_way_are_found(stores: SqliteStores) -> None:
    asked, reported = await stores.cases.case(303), await stores.cases.case(304)
    assert asked is not None
    assert asked.request is not None
    assert (asked.request.files, asked.request.seed) == ((GIVEN,), 7)
    assert reported is not None
    assert (reported.job_id, reported.is_hiding, reported.shown) == (101, True, '{"text": "kept"}')
    assert await stores.picture_wishes.closed_among({ARTIST, PAINTER}) == {PAINTER}
    assert await stores.intakes.left_over() == [Intake(901, 401, CHANNEL, ARTIST, is_private=False)]


async def test_its_buttons_are_known_by_their_marks(stores: SqliteStores) -> None:
    """The ids are those of buttons that were sent then, letter by letter."""
    seal = Seal(*await stores.keys.custom_id_key(b"k" * 32, AT_S))
    assert seal.opened("job:102:again~ZPKeWwrWZg-6", None) == "job:102:again"
    assert seal.opened("job:601:info~pwckekjFJE7Q", None) == "job:601:info"
    assert seal.opened("job:601:delete~pwckekjFJE7Q", None) is None
