"""Cases: opened once, decided once, whoever presses first."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.moderation.cases import Case, CaseKind, Verdict
from bot.domain.request.run_request import RunRequest
from bot.services.moderation.ports import CaseStore
from tests.contract.store.conftest import OpenStores
from tests.support.store_samples import CHANNEL, GUILD, NOON_S

REQUEST = RunRequest("owner/model", "größer 🏔️", "dull", 512, 768, 30, 6.5, 99, 4)
ASK = Case(2**62, CaseKind.ASK, GUILD, CHANNEL, 1, 1, NOON_S + 0.25, request=REQUEST, is_private=True)
REPORT = Case(7, CaseKind.REPORT, GUILD, CHANNEL, 1, 2, NOON_S, job_id=70)


@pytest.mark.parametrize("case", [ASK, REPORT], ids=["ask", "report"])
async def test_every_field_of_a_case_survives_a_reopening(
    open_stores: OpenStores, tmp_path: Path, case: Case
) -> None:
    async with open_stores(tmp_path) as stores:
        assert await stores.cases.open_case(case)
    async with open_stores(tmp_path) as stores:
        cases = stores.cases
        assert await cases.case(case.case_id) == case
        assert await cases.decide(case.case_id, Verdict.BLOCKED, 9, NOON_S + 5)
        decided = replace(case, verdict=Verdict.BLOCKED, decided_by=9, decided_at_s=NOON_S + 5)
        assert await cases.case(case.case_id) == decided
        assert await cases.case(case.case_id + 1) is None


async def test_of_fifty_moderators_who_press_at_once_one_decides(cases: CaseStore) -> None:
    await cases.open_case(ASK)
    verdicts = [Verdict.APPROVED, Verdict.GRANTED, Verdict.DENIED, Verdict.BLOCKED, Verdict.DENIED] * 10
    answers = await asyncio.gather(
        *(
            cases.decide(ASK.case_id, verdict, moderator, NOON_S + moderator)
            for moderator, verdict in enumerate(verdicts)
        )
    )
    assert answers.count(True) == 1
    winner = answers.index(True)
    found = await cases.case(ASK.case_id)
    assert found == replace(ASK, verdict=verdicts[winner], decided_by=winner, decided_at_s=NOON_S + winner)


async def test_a_case_that_nobody_opened_is_not_decided(cases: CaseStore) -> None:
    assert not await cases.decide(5, Verdict.DENIED, 9, NOON_S)
    with pytest.raises(ValueError, match="by a verdict"):
        await cases.decide(5, Verdict.OPEN, 9, NOON_S)
    with pytest.raises(ValueError, match="opens undecided"):
        await cases.open_case(replace(ASK, verdict=Verdict.DENIED))


async def test_a_case_is_opened_once_and_a_picture_has_one_open_report(cases: CaseStore) -> None:
    answers = await asyncio.gather(
        *(cases.open_case(replace(REPORT, case_id=case_id)) for case_id in range(1, 40))
    )
    assert answers.count(True) == 1
    winner = answers.index(True) + 1
    assert not await cases.open_case(replace(REPORT, case_id=winner, job_id=71))
    assert await cases.open_case(replace(REPORT, case_id=100, job_id=71))
    assert await cases.decide(winner, Verdict.RESTORED, 9, NOON_S)
    assert await cases.open_case(replace(REPORT, case_id=101))
    assert await cases.open_case(ASK)
    assert await cases.open_case(replace(ASK, case_id=3))


async def test_forgotten_requests_are_gone_and_verdicts_stay(cases: CaseStore) -> None:
    others = replace(ASK, case_id=2, user_id=2)
    late = replace(ASK, case_id=3, opened_at_s=NOON_S + 100)
    for case in (ASK, REPORT, others, late):
        await cases.open_case(case)
    await cases.decide(ASK.case_id, Verdict.DENIED, 9, NOON_S)
    assert await cases.forget_requests(NOON_S + 100, user_id=1) == 1
    found = await cases.case(ASK.case_id)
    assert found is not None
    assert (found.request, found.verdict) == (None, Verdict.DENIED)
    assert await cases.case(2) == others
    assert await cases.case(3) == late
    assert await cases.forget_requests(NOON_S + 101) == 2
