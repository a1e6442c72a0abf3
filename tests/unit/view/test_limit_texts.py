"""Limits in words: how much, for whom, where, how they stand, and why one stands before the others."""

from __future__ import annotations

import pytest

from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.money import MAX_PICO, Money
from bot.view.text.limits import (
    Reader,
    format_allowance,
    format_amount,
    format_audience,
    format_extent,
    format_figures,
    format_reason,
    format_subject,
    format_summary,
    format_title,
)
from tests.unit.view.limit_stands import ART, DAY, ME, NOW_S, THEM, Stand, a_limit, dollars


@pytest.mark.parametrize(
    ("measure", "window", "amount", "words"),
    [
        (Measure.RUNS, Window.DAY, 20, "20 runs a day"),
        (Measure.RUNS, Window.HOUR, 1, "1 run an hour"),
        (Measure.RUNS, Window.WEEK, 0, "0 runs a week"),
        (Measure.SPEND, Window.MONTH, dollars("12.5"), "$12.50 a month"),
        (Measure.AT_ONCE, Window.EVER, 3, "3 pictures at once"),
        (Measure.AT_ONCE, Window.EVER, 1, "1 picture at once"),
    ],
)
def test_how_much_is_said_as_people_say_it(measure: Measure, window: Window, amount: int, words: str) -> None:
    assert format_allowance(measure, window, amount) == words


def test_an_amount_past_every_bound_is_still_said() -> None:
    assert format_amount(Measure.SPEND, MAX_PICO + 1) == str(Money(MAX_PICO))


@pytest.mark.parametrize(
    ("audience", "audience_id", "words"),
    [
        (Audience.EVERYONE, 0, "everyone"),
        (Audience.ROLE, 201, "<@&201>"),
        (Audience.MEMBER, 100, "<@100>"),
        (Audience.SERVER, 0, "the whole server together"),
        (Audience.DEFAULT, 0, "everyone, by the operator's default"),
        (Audience.OPERATOR, 0, "all servers together"),
    ],
)
def test_for_whom_a_limit_is(audience: Audience, audience_id: int, words: str) -> None:
    assert format_audience(audience, audience_id) == words


def test_what_is_gone_is_called_so() -> None:
    gone = frozenset({201, 100, ART})
    assert format_audience(Audience.ROLE, 201, gone) == "a deleted role (201)"
    assert format_audience(Audience.MEMBER, 100, gone) == "<@100> (has left)"
    assert format_extent(ART, "", gone) == " in a deleted channel"


def test_a_change_is_named_by_what_it_is_about() -> None:
    dimension = LimitKey(Measure.SPEND, Window.WEEK, ART, "owner/model")
    rule = LimitPolicy(Audience.ROLE, 201, dimension, 5)
    assert format_subject(rule) == "dollars a week for <@&201> in <#31> with `owner/model`"


def test_a_model_cannot_break_out_of_its_words() -> None:
    assert format_extent(0, "a`b/**c**") == " with `a'b/**c**`"


def test_the_summary_says_used_held_left_and_when_it_resets() -> None:
    limit = a_limit(LimitKey(Measure.RUNS, Window.DAY, ART), 20, Audience.ROLE, 201)
    assert format_summary(Stand(limit, used=15, held=1), NOW_S) == (
        f"20 runs a day in <#31>; used 15, 1 held, 4 left; resets in 3 h (<t:{int(NOW_S) + 10_800}:R>)"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(10_800, "3 h"), (5_000, "1 h 23 min"), (61, "1 min"), (12, "12.0 s"), (-3, "1.0 s")],
)
def test_the_wait_is_told_in_whole_minutes(seconds: int, words: str) -> None:
    stand = Stand(a_limit(DAY, 1, Audience.EVERYONE), resets_at_s=int(NOW_S) + seconds)
    assert f"resets in {words} (" in format_summary(stand, NOW_S)


def test_jobs_at_once_have_nothing_used_and_no_reset() -> None:
    limit = a_limit(LimitKey(Measure.AT_ONCE, Window.EVER), 3, Audience.EVERYONE)
    words = format_summary(Stand(limit, held=1), NOW_S)
    assert words == "3 pictures at once; 1 held, 2 left; free again when a picture ends"
    assert format_figures(Stand(limit, held=1)) == (
        "**At once** 1 of 3 held, **2 left**. Free again when a picture ends."
    )


def test_figures_of_runs_and_dollars() -> None:
    runs = Stand(a_limit(DAY, 20, Audience.DEFAULT), used=15, held=1)
    assert format_figures(runs) == (
        f"**Runs** 15 of 20 used, 1 held, **4 left**. Starts again <t:{runs.resets_at_s}:R>."
    )
    spend = Stand(
        a_limit(LimitKey(Measure.SPEND, Window.DAY), dollars("2"), Audience.DEFAULT),
        used=dollars("0.5"),
        held=dollars("2"),
    )
    assert "**Dollars** $0.50 of $2.00 used, $2.00 held, **$0.00 left**" in format_figures(spend)


def test_what_was_granted_is_part_of_the_amount_and_said_so() -> None:
    stand = Stand(a_limit(DAY, 25, Audience.DEFAULT), granted=5)
    assert format_title(stand) == "25 runs a day (5 runs of it granted)"


RULES = [
    LimitPolicy(Audience.EVERYONE, 0, DAY, 10),
    LimitPolicy(Audience.ROLE, 201, DAY, 20),
    LimitPolicy(Audience.ROLE, 202, DAY, 15),
    LimitPolicy(Audience.ROLE, 203, DAY, 99),  # somebody else's role
    LimitPolicy(Audience.MEMBER, 100, DAY, 5),
    LimitPolicy(Audience.MEMBER, 101, DAY, 7),
    LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.RUNS, Window.HOUR), 1),
]


@pytest.mark.parametrize(
    ("audience", "audience_id", "rules", "words"),
    [
        (
            Audience.MEMBER,
            100,
            RULES,
            (
                "because it is set for you personally; "
                "it goes before 20 runs of <@&201>, 15 runs of <@&202>, 10 runs of everyone"
            ),
        ),
        (
            Audience.ROLE,
            201,
            RULES[:4],
            (
                "because <@&201> is the most generous of your roles; "
                "it goes before 15 runs of <@&202>, 10 runs of everyone"
            ),
        ),
        (
            Audience.ROLE,
            201,
            RULES[:2],
            "because <@&201> is one of your roles; it goes before 10 runs of everyone",
        ),
        (Audience.ROLE, 201, RULES[1:2], "because <@&201> is one of your roles"),
        (Audience.EVERYONE, 0, RULES, "because it is set for everyone"),
        (
            Audience.DEFAULT,
            0,
            [],
            "the operator's default, because the moderators have set nothing in its place",
        ),
        (Audience.SERVER, 0, [], "for all members of this server together, whatever else is set"),
        (Audience.OPERATOR, 0, [], "the operator's stop over all servers"),
    ],
)
def test_why_a_limit_stands_before_the_others(
    audience: Audience, audience_id: int, rules: list[LimitPolicy], words: str
) -> None:
    assert format_reason(a_limit(DAY, 1, audience, audience_id), rules, ME) == words


def test_a_moderator_reads_of_another_member() -> None:
    assert "most generous of their roles" in format_reason(
        a_limit(DAY, 20, Audience.ROLE, 201), RULES[:4], THEM
    )
    assert "set for <@100> personally" in format_reason(a_limit(DAY, 5, Audience.MEMBER, 100), RULES, THEM)


def test_of_many_that_stand_back_a_few_are_named() -> None:
    rules = [LimitPolicy(Audience.ROLE, role_id, DAY, 1) for role_id in range(300, 306)]
    reader = Reader(100, frozenset(range(300, 306)), is_addressed=True)
    words = format_reason(a_limit(DAY, 9, Audience.ROLE, 300), rules, reader)
    assert words.endswith("1 run of <@&301>, 1 run of <@&302>, 1 run of <@&303> and 2 more")
