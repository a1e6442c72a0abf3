"""Cards about limits: complete, grouped, in pages that Discord takes, silent on the operator's sums."""

from __future__ import annotations

import pytest

from bot.domain.limits.limit import OPERATOR, Audience, Limit, Measure, Scope, Subject, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.view.card import Card, Tone
from bot.view.cards.limits import (
    changed_card,
    cleared_card,
    explain_card,
    granted_card,
    quota_card,
    table_card,
)
from tests.unit.view.limit_stands import DAY, ME, NOW_S, THEM, Stand, a_limit, dollars

SPEND_DAY = LimitKey(Measure.SPEND, Window.DAY)
DEFAULTS = (
    LimitPolicy(Audience.DEFAULT, 0, DAY, 50),
    LimitPolicy(Audience.DEFAULT, 0, SPEND_DAY, dollars("2")),
)
MAX_TEXT = 4_000  # Discord docs, Components reference


def chars(card: Card) -> int:
    return len(card.text) + len(card.small_print) + len("-# ")


def the_operators(left: int) -> Stand:
    limit = Limit(OPERATOR, Measure.SPEND, Window.DAY, 777_000_000_000_000, Audience.OPERATOR)
    return Stand(limit, used=limit.amount - left)


def test_a_server_without_limits_says_what_binds_instead() -> None:
    card = table_card([], DEFAULTS, 1)
    assert "None is set" in card.text
    assert "default of 50 runs a day and $2.00 a day" in card.small_print


def test_the_table_is_grouped_by_whom_and_ordered_by_window() -> None:
    rules = [
        LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.SPEND, Window.MONTH), dollars("50")),
        LimitPolicy(Audience.MEMBER, 100, DAY, 5),
        LimitPolicy(Audience.ROLE, 201, LimitKey(Measure.RUNS, Window.WEEK, 31, "a/one"), 30),
        LimitPolicy(Audience.ROLE, 201, DAY, 20),
        LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.AT_ONCE, Window.EVER), 2),
        LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.RUNS, Window.HOUR), 3),
    ]
    assert table_card(rules, DEFAULTS, 1).text.splitlines() == [
        "### Limits of this server",
        "**Everyone**",
        "- **3 runs an hour**",
        "- **2 pictures at once**",
        "**Roles**",
        "- <@&201>: **20 runs a day**",
        "- <@&201>: **30 runs a week** in <#31> with `a/one`",
        "**Members**",
        "- <@100>: **5 runs a day**",
        "**The whole server together**",
        "- **$50.00 a month**",
    ]


def test_what_is_gone_is_shown_as_such() -> None:
    rules = [LimitPolicy(Audience.ROLE, 201, LimitKey(Measure.RUNS, Window.DAY, 31), 20)]
    text = table_card(rules, DEFAULTS, 1, frozenset({201, 31})).text
    assert "- a deleted role (201): **20 runs a day** in a deleted channel" in text


def test_a_long_table_comes_in_pages_that_hold_every_limit_once() -> None:
    rules = [
        LimitPolicy(Audience.MEMBER, 10**18 + n, LimitKey(Measure.RUNS, Window.DAY, 10**18, "m" * 90), n)
        for n in range(120)
    ]
    first = table_card(rules, DEFAULTS, 1)
    assert "page 1 of " in first.text
    assert "`/limits show page:2` shows the next page" in first.small_print
    count = int(first.text.splitlines()[0].rpartition(" ")[2])
    pages = [table_card(rules, DEFAULTS, number) for number in range(1, count + 1)]
    rows = [line for page in pages for line in page.text.splitlines() if line.startswith("- ")]
    assert len(rows) == len(set(rows)) == 120
    assert all(chars(page) <= MAX_TEXT for page in pages)
    assert all("**Members**" in page.text for page in pages)
    assert "`/limits show page:1` shows the first page" in pages[-1].small_print
    assert table_card(rules, DEFAULTS, 999) == pages[-1]


def test_explain_leads_with_the_limit_that_binds_first_and_why() -> None:
    art = LimitKey(Measure.RUNS, Window.DAY, 31)
    rules = [LimitPolicy(Audience.ROLE, 201, art, 20), LimitPolicy(Audience.ROLE, 202, art, 10)]
    statuses = [
        Stand(a_limit(art, 20, Audience.ROLE, 201), used=15, held=1),
        Stand(a_limit(SPEND_DAY, dollars("2"), Audience.DEFAULT)),
        the_operators(left=1),
    ]
    lines = explain_card(statuses, rules, THEM, "<#31>", NOW_S).text.splitlines()
    assert lines[1].startswith(
        "<@100> in <#31>: **20 runs a day in <#31>; used 15, 1 held, 4 left; resets in 3 h"
    )
    assert "<@&201> is the most generous of their roles" in lines[2]
    assert "before 10 runs of <@&202>" in lines[2]
    assert any(line.startswith("- $2.00 a day; used $0.00") for line in lines)


def test_the_operator_keeps_the_figures_of_the_stop() -> None:
    member = Stand(a_limit(DAY, 50, Audience.DEFAULT))
    open_ = explain_card([member, the_operators(left=5)], [], ME, "<#31>", NOW_S)
    assert "777" not in open_.text + open_.small_print
    assert "daily stop over all servers" in open_.small_print
    assert "is reached" not in open_.text
    reached = explain_card([member, the_operators(left=0)], [], ME, "<#31>", NOW_S)
    assert "stop over all servers is reached" in reached.text
    assert "777" not in reached.text
    assert "is reached" in quota_card([member, the_operators(left=0)], [], ME, is_direct=False).text


def test_a_limit_of_another_model_never_leads() -> None:
    other = Stand(a_limit(LimitKey(Measure.RUNS, Window.DAY, 0, "b/two"), 0, Audience.EVERYONE))
    usual = Stand(a_limit(DAY, 50, Audience.DEFAULT))
    card = explain_card([other, usual], [], ME, "<#31>", NOW_S)
    assert card.text.splitlines()[1].startswith("<@100> in <#31>: **50 runs a day;")
    assert "0 runs a day with `b/two`" in card.text
    assert card.tone is Tone.DONE


def test_quota_tells_used_held_left_and_why_of_each() -> None:
    statuses = [
        Stand(a_limit(DAY, 1, Audience.MEMBER, 100), used=1),
        Stand(a_limit(SPEND_DAY, dollars("2"), Audience.DEFAULT)),
        the_operators(left=5),
    ]
    rules = [LimitPolicy(Audience.MEMBER, 100, DAY, 1)]
    card = quota_card(statuses, rules, ME, is_direct=False)
    assert "**Runs** 1 of 1 used, 0 held, **0 left**. Starts again <t:" in card.text
    assert "**Dollars** $0.00 of $2.00 used, $0.00 held, **$2.00 left**" in card.text
    assert "because it is set for you personally" in card.text
    assert card.tone is Tone.WARNING
    direct = quota_card(statuses[1:], [], ME, is_direct=True)
    assert "### Your day in direct messages" in direct.text
    assert direct.tone is Tone.DONE


@pytest.mark.parametrize("kind", ["explain", "quota", "granted"])
def test_however_many_limits_there_are_the_card_can_be_sent(kind: str) -> None:
    statuses = [
        Stand(
            Limit(
                Scope(Subject.MEMBER, 7, 100, 10**18 + n, "m" * 90),
                Measure.RUNS,
                Window.DAY,
                10**6,
                Audience.EVERYONE,
            )
        )
        for n in range(60)
    ]
    cards = {
        "explain": lambda: explain_card(statuses, [], ME, "<#31>", NOW_S),
        "quota": lambda: quota_card(statuses, [], ME, is_direct=False),
        "granted": lambda: granted_card(100, Measure.RUNS, 5, statuses),
    }
    card = cards[kind]()
    assert chars(card) <= MAX_TEXT
    assert " more limits" in card.text


def test_a_change_says_what_was_and_what_is() -> None:
    rule = LimitPolicy(Audience.ROLE, 201, DAY, 20)
    assert "runs a day for <@&201>: was not set, is now **20 runs a day**" in changed_card(rule, None).text
    assert "was 10 runs a day, is now" in changed_card(rule, 10).text
    none = LimitPolicy(Audience.SERVER, 0, SPEND_DAY, 0)
    assert "is now **$0.00 a day**. That is none at all." in changed_card(none, 1).text


def test_clearing_says_what_was_or_that_there_was_nothing() -> None:
    rule = LimitPolicy(Audience.MEMBER, 100, DAY, 0)
    assert "was 10 runs a day, is **not set** any more" in cleared_card(rule, 10).text
    assert (
        "There was no limit of runs a day for <@100>; nothing was changed." in cleared_card(rule, None).text
    )


def test_a_grant_shows_the_members_limits_of_that_measure_alone() -> None:
    server = Limit(Scope(Subject.SERVER, 7), Measure.RUNS, Window.DAY, 1_234, Audience.SERVER)
    statuses = [
        Stand(a_limit(DAY, 55, Audience.DEFAULT), granted=5),
        Stand(a_limit(SPEND_DAY, dollars("2"), Audience.DEFAULT)),
        Stand(server),
        the_operators(left=5),
    ]
    text = granted_card(100, Measure.RUNS, 5, statuses).text
    assert "<@100> is granted **5 runs** more" in text
    assert "55 runs a day (5 runs of it granted)" in text
    assert "$" not in text
    assert "1,234" not in text
