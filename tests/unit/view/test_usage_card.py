"""Figures and records in words."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.job.job import Cause, Stage
from bot.domain.money import ZERO, Money
from bot.domain.records.reports import Share, UsageReport
from bot.view.actions.buttons import JobAction, JobButton, MemberButton
from bot.view.card import Tone
from bot.view.cards.records import (
    erased_card,
    history_card,
    question_card,
    stopped_card,
)
from bot.view.cards.usage import CHART, usage_card
from bot.view.layout import layout_of
from tests.support.samples import NOON_S, a_job, a_request, an_origin
from tests.support.seals import SEAL

MAX_COMPONENTS = 40  # Discord docs, Components reference, 2026
MAX_CHARACTERS = 4_000  # in all text displays of a message together

REPORT = UsageReport(
    since_s=int(NOON_S),
    until_s=int(NOON_S) + 86_400,
    runs=1_234,
    failed=7,
    spend=Money.parse("12.5"),
    held=Money.parse("0.05"),
    by_member=(Share("11", 1_000, Money.parse("10")), Share("12", 234, Money.parse("2.5"))),
    by_channel=(Share("30", 1_234, Money.parse("12.5")),),
    by_model=(Share("stabilityai/stable-diffusion-3-medium", 1_234, Money.parse("12.5")),),
    by_day=(),
)
EMPTY = UsageReport(0, 86_400, 0, 0, ZERO, ZERO, (), (), (), ())


def test_totals_and_shares_are_told() -> None:
    card = usage_card(REPORT, "this week")
    assert "Usage on this server, this week" in card.text
    assert "**1,234 runs** charged, **$12.50** spent · 7 failed and free · $0.05 held" in card.text
    assert "$10.00 · 1,000 runs · <@11>" in card.text
    assert "<#30>" in card.text
    assert "`stabilityai/stable-diffusion-3-medium`" in card.text
    assert card.pictures == (CHART,)


def test_only_the_ten_largest_are_named() -> None:
    shares = tuple(Share(str(n), 100 - n, Money(100 - n)) for n in range(13))
    text = usage_card(replace(REPORT, by_member=shares), "today").text
    assert "<@9>" in text
    assert "<@10>" not in text
    assert "and 3 more" in text


def test_a_members_figures_do_not_repeat_the_member() -> None:
    card = usage_card(REPORT, "today", member_id=11)
    assert "Usage of <@11>, today" in card.text
    assert "By member" not in card.text


def test_an_idle_period_is_all_zeros_and_says_nothing_more() -> None:
    card = usage_card(EMPTY, "today")
    assert "**0 runs** charged, **$0.00** spent" in card.text
    assert "By" not in card.text
    assert card.tone is Tone.WAITING


def test_the_fullest_report_fits_into_a_message() -> None:
    shares = tuple(Share(f"{10**19 + n}", 10**9, Money(9 * 10**18)) for n in range(50))
    models = tuple(Share("o" * 50 + f"/{n}" + "m" * 50, 10**9, Money(9 * 10**18)) for n in range(50))
    full = replace(
        REPORT, runs=10**9, spend=Money(9 * 10**18), by_member=shares, by_channel=shares, by_model=models
    )
    assert layout_of(usage_card(full, "the last 30 days"), SEAL).content_length() <= MAX_CHARACTERS


def test_a_hostile_model_name_stays_a_word() -> None:
    text = usage_card(replace(REPORT, by_model=(Share("x/`@everyone`", 1, Money(1)),)), "today").text
    assert "`x/'@everyone'`" in text


# --- history -----------------------------------------------------------------------------------


def page(*jobs: object, number: int = 1, newer: bool = False, older: bool = False) -> object:
    return history_card(jobs, 1, number, has_newer=newer, has_older=older, is_direct=False)


def test_a_line_of_the_history_has_prompt_model_cost_time_and_link() -> None:
    job = a_job(5, stage=Stage.SUCCEEDED, cost=Money.parse("0.0035"))
    (row,) = page(job).rows
    assert "**a lighthouse at dusk**" in row.text
    assert "stable-diffusion-3-medium · $0.0035 · <t:1772366400:R>" in row.text
    assert "(https://discord.com/channels/700/30/900)" in row.text
    assert row.button == JobAction(JobButton.AGAIN, 5)


def test_a_prompt_in_the_history_is_escaped_and_cut() -> None:
    (row,) = page(a_job(request=a_request(prompt="**bold** @everyone " + "x" * 500))).rows
    assert r"\*\*bold\*\* @" + "\u200beveryone" in row.text
    assert len(row.text) < 400


def test_a_forgotten_prompt_is_shown_as_such_and_has_no_again() -> None:
    (row,) = page(a_job(request=a_request(prompt=""), is_forgotten=True)).rows
    assert "has been erased" in row.text
    assert row.button is None


def test_a_private_picture_has_no_link() -> None:
    (row,) = page(a_job(origin=an_origin(is_private=True))).rows
    assert "discord.com" not in row.text


def test_what_failed_or_runs_says_so_instead_of_a_cost() -> None:
    failed = a_job(3, stage=Stage.FAILED, cause=Cause.WIRO_FAILED)
    cancelled = a_job(2, stage=Stage.CANCELLED, cost=Money.parse("0.01"))
    texts = [row.text for row in page(failed, cancelled, a_job(1)).rows]
    assert "failed, free" in texts[0]
    assert "cancelled, $0.01" in texts[1]
    assert "running, $0.05 held" in texts[2]


def test_a_hold_that_is_kept_is_told_instead_of_a_cost() -> None:
    kept = {"cost": ZERO, "task_id": "1", "is_charge_open": True}
    shown = a_job(3, stage=Stage.SUCCEEDED, **kept)
    stopped = a_job(2, stage=Stage.CANCELLED, cause=Cause.CANCELLED, **kept)
    texts = [row.text for row in page(shown, stopped).rows]
    assert "· $0.05 held until its cost is known ·" in texts[0]
    assert "· cancelled, $0.05 held until its cost is known ·" in texts[1]


def test_pages_lead_to_their_neighbours_by_the_jobs_at_their_edges() -> None:
    card = page(a_job(9), a_job(8), number=2, newer=True, older=True)
    assert [(p.action, p.user_id, p.cursor, p.page) for p in card.buttons] == [
        (MemberButton.NEWER, 1, 9, 1),
        (MemberButton.OLDER, 1, 8, 3),
    ]
    assert page(a_job(9)).buttons == ()


def test_an_empty_history_says_how_to_begin() -> None:
    assert "Start with `/imagine`" in page().text
    past = page(number=7, newer=True)
    assert "has no page 7" in past.text
    assert [p.action for p in past.buttons] == [MemberButton.NEWER]


def test_a_full_page_fits_into_a_message() -> None:
    jobs = [a_job(10**19 + n, request=a_request(prompt="*" * 2_000)) for n in range(8)]
    view = layout_of(page(*jobs, number=1_000, newer=True, older=True), SEAL)
    assert view.total_children_count <= MAX_COMPONENTS
    assert view.content_length() <= MAX_CHARACTERS


# --- erasure -----------------------------------------------------------------------------------


def test_the_question_says_what_goes_what_stays_and_what_is_left() -> None:
    card = question_card(1, 4, [a_job(9)], int(NOON_S))
    assert "4 jobs" in card.text
    assert "Goes, for good" in card.text
    assert "Stays" in card.text
    assert "Delete button" in card.text
    assert "“a lighthouse at dusk”" in card.text
    (press,) = card.buttons
    assert (press.action, press.user_id, press.cursor) == (MemberButton.FORGET, 1, int(NOON_S))


def test_with_nothing_to_erase_nothing_is_asked() -> None:
    assert question_card(1, 0, [], int(NOON_S)).buttons == ()


def test_what_wiro_did_not_delete_is_told_as_a_number() -> None:
    assert "could not" not in erased_card(5, 5, 0, [], is_retrying=False).text
    retrying = erased_card(5, 2, 3, [], is_retrying=True)
    assert "could not delete the files of 3 jobs" in retrying.text
    assert "trying again" in retrying.text
    assert "operator" in erased_card(5, 2, 3, [], is_retrying=False).text


def test_an_erasure_that_stopped_says_how_far_it_came() -> None:
    assert "5 of 9 jobs are erased" in stopped_card(5, 9).text


def test_many_running_jobs_are_counted_after_five_names() -> None:
    text = question_card(1, 1, [a_job(n) for n in range(8)], int(NOON_S)).text
    assert text.count("“") == 5
    assert "3 more" in text
