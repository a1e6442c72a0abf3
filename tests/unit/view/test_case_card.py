"""Cases in words: complete for the moderators, plain for the member, honest about what did not work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.job.job import Output
from bot.domain.limits.alternatives import Alternative, Fit, Saving
from bot.domain.limits.budget import BudgetWarning
from bot.domain.limits.limit import Audience, Limit, LimitReached, Measure, Scope, Subject, Window
from bot.domain.moderation.audit import AuditEntry, WordsChange
from bot.domain.moderation.cases import Case, CaseKind, Decision, Verdict
from bot.domain.money import Money
from bot.domain.request.interactions import NotAccepting
from bot.view.actions.buttons import CaseButton, TextAction
from bot.view.cards.cases import decided_card, format_answer, format_offer, open_card
from bot.view.cards.logs import entry_card, warning_card
from bot.view.text.made import format_an_output, format_the_outputs
from bot.view.text.said import TextPart
from bot.view.text.sentences import sentence
from tests.support.samples import GUILD, NOON_S, PNG, a_job, a_request, an_origin

ASK = Case(1, CaseKind.ASK, GUILD, 30, 2, 2, NOON_S, request=a_request())
REPORT = Case(3, CaseKind.REPORT, GUILD, 30, 2, 4, NOON_S, job_id=3)
ROLE_LIMIT = Limit(
    Scope(Subject.MEMBER, GUILD, 2, 30, "a/b"), Measure.RUNS, Window.HOUR, 20, Audience.ROLE, 5
)


def refusal(limit: Limit | None, *, is_money: bool = False) -> LimitReached:
    amount = limit.amount if limit is not None else 20
    return LimitReached(
        is_operator=False,
        is_money=is_money,
        limit=amount,
        used=15,
        held=1,
        asked=1,
        resets_at_s=int(NOON_S),
        bound=limit,
    )


def alternative(*fits: Fit) -> Alternative:
    return Alternative(a_request(), Money.parse("0.05"), refusal(ROLE_LIMIT), fits)


def decided(case: Case, verdict: Verdict) -> Case:
    return replace(case, verdict=verdict, decided_by=9, decided_at_s=NOON_S)


def test_an_asking_case_says_everything_and_carries_its_id() -> None:
    card = open_card(ASK, alternative(), "a *wild* @everyone")
    for part in ("<@2>", "<#30>", r"a \*wild\*", "20 runs an hour in <#30> with `a/b` for <@&5>", "$0.05"):
        assert part in card.text
    assert "@everyone" not in card.text
    assert {press.case_id for press in card.buttons} == {1}
    assert [press.action for press in card.buttons] == [
        CaseButton.APPROVE,
        CaseButton.GRANT,
        CaseButton.DENY,
        CaseButton.BLOCK,
    ]


def test_a_reported_picture_is_linked() -> None:
    job = a_job(origin=an_origin(message_id=77), outputs=(PNG,))
    card = open_card(replace(REPORT, is_hiding=True), None, "a mill", job)
    assert card.text.startswith("### A picture was reported and hidden\n")
    assert f"https://discord.com/channels/{GUILD}/30/77" in card.text
    assert "**Reported by** <@4>" in card.text


def test_past_the_days_reports_its_card_says_that_it_is_not_hidden() -> None:
    card = open_card(REPORT, None, "a mill", a_job(outputs=(PNG,)))
    assert "A picture was reported, not hidden: the reporter has had enough hidden today" in card.text
    assert card.buttons_of(TextAction) == ()


WORDS = Output("answer", "text/markdown", None, text="42", thinking="six times seven")


@pytest.mark.parametrize(
    ("outputs", "the", "a"),
    [
        ((PNG,), "The picture is", "A picture was"),
        ((PNG, PNG), "The pictures are", "Pictures were"),
        ((WORDS,), "The answer is", "An answer was"),
        ((WORDS, WORDS), "The answer is", "An answer was"),
        ((Output("a.mp4", "video/mp4", "u"),), "The film is", "A film was"),
        ((Output("a.mp3", "", "u"),), "The sound is", "A sound was"),
        ((Output("a.glb", "model/gltf-binary", "u"),), "The file is", "A file was"),
        ((PNG, WORDS), "The results are", "Results were"),
        ((), "The result is", "A result was"),
    ],
)
def test_what_was_made_is_called_by_its_kind(outputs: tuple[Output, ...], the: str, a: str) -> None:
    job = a_job(outputs=outputs)
    assert (format_the_outputs(job), format_an_output(job)) == (the, a)


def test_a_hidden_answers_judges_can_open_what_it_said_and_thought() -> None:
    card = open_card(replace(REPORT, is_hiding=True), None, "why", a_job(outputs=(WORDS,)))
    assert card.buttons_of(TextAction) == (
        TextAction(1, TextPart.ANSWER, 0),
        TextAction(1, TextPart.THINKING, 0),
    )


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.OPEN])
def test_a_verdict_stands_below_the_case_without_buttons(verdict: Verdict) -> None:
    case = decided(ASK if verdict in {Verdict.APPROVED, Verdict.GRANTED, Verdict.DENIED} else REPORT, verdict)
    card = decided_card("the case", Decision(case))
    assert card.text.startswith("the case\n**")
    assert "by <@9>" in card.text
    assert card.buttons == ()


def test_what_did_not_work_is_said() -> None:
    decision = Decision(decided(ASK, Verdict.APPROVED), failure=NotAccepting(), is_told=False)
    text = decided_card("the case", decision).text
    assert sentence(NotAccepting()) in text
    assert "could not be told" in text
    assert sentence(NotAccepting()) in format_answer(decision)


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (Decision(decided(ASK, Verdict.APPROVED), message_id=88), f"channels/{GUILD}/30/88"),
        (Decision(decided(ASK, Verdict.APPROVED)), "by direct message"),
        (Decision(decided(ASK, Verdict.GRANTED), granted=((Measure.RUNS, 5),)), "5 runs more for today"),
        (Decision(decided(ASK, Verdict.GRANTED), granted=((Measure.AT_ONCE, 5),)), "5 pictures at once more"),
        (Decision(decided(ASK, Verdict.DENIED)), "They said no."),
        (Decision(decided(ASK, Verdict.BLOCKED)), "blocked you"),
    ],
)
def test_the_member_reads_the_verdict(decision: Decision, told: str) -> None:
    assert told in format_answer(decision)


def test_the_way_out_names_what_fits() -> None:
    request, price = a_request(count=2, steps=20, model="a/b"), Money.parse("0.02")
    fits = [Fit(saving, request, price) for saving in Saving]
    assert format_offer(alternative(*fits)) == (
        "This would still fit: 2 pictures for about $0.02; 20 steps for about $0.02; "
        "the model `a/b` for about $0.02."
    )
    assert format_offer(alternative()) == ""


def test_a_refusal_names_the_limit_that_binds() -> None:
    role = sentence(refusal(ROLE_LIMIT))
    assert "your 20 runs for this hour in <#30> with `a/b` by the limit for <@&5>" in role
    assert "(15 used, 1 held)" in role
    server = Limit(Scope(Subject.SERVER, GUILD), Measure.SPEND, Window.MONTH, 10**12, Audience.SERVER)
    spent = sentence(replace_limit(refusal(server, is_money=True), 10**12))
    assert "this server has $" in spent
    assert "of its $1.00 a month" in spent
    at_once = Limit(Scope(Subject.MEMBER, GUILD, 2), Measure.AT_ONCE, Window.EVER, 1, Audience.MEMBER, 2)
    assert "1 of 1 picture running" in sentence(refusal(at_once))


def replace_limit(error: LimitReached, limit: int) -> LimitReached:
    error.limit = limit
    return error


def test_a_change_in_the_log_pings_and_breaks_nothing() -> None:
    change = WordsChange("rules word add", "the word `x`", "", "refused\n# loud")
    entry = AuditEntry(GUILD, 9, change, NOON_S)
    card = entry_card(entry)
    assert card.text == "<@9> · **rules word add**\nthe word `x`\nnothing → refused # loud"


def test_a_budget_warning_says_amount_limit_and_reset() -> None:
    limit = Limit(Scope(Subject.SERVER, GUILD), Measure.SPEND, Window.DAY, 10**12, Audience.SERVER)
    for percent, title in ((50, "50 % of this server's budget"), (100, "budget is used up")):
        warning = BudgetWarning(limit, percent, Money.parse("0.4"), Money.parse("0.1"), int(NOON_S))
        text = warning_card(warning).text
        for part in (title, "$0.40 used and $0.10 held", "$1.00 a day", f"<t:{int(NOON_S)}:R>"):
            assert part in text
