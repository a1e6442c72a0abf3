"""Which limits bind: the rules of a guild against a plain reading of them, over random servers."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.limits.limit import Audience, Limit, Measure, Scope, Subject, Window, window_bounds
from bot.domain.limits.policies import Grant, LimitKey, LimitPolicy, counters_for, resolve_limits
from bot.domain.request.requester import ChannelContext, Requester

GUILD, ME, OTHER = 7, 100, 101
ROLES = (201, 202, 203)
CHANNELS = (31, 32)
THREADS = {41: 31, 42: 32}  # each with its channel
MODELS = ("a/one", "b/two")
NOW_S = 1_790_000_000.0

RUNS_A_DAY = LimitKey(Measure.RUNS, Window.DAY)
SPEND_A_DAY = LimitKey(Measure.SPEND, Window.DAY)
DEFAULTS = (
    LimitPolicy(Audience.DEFAULT, 0, RUNS_A_DAY, 50),
    LimitPolicy(Audience.DEFAULT, 0, SPEND_A_DAY, 2_000),
)
OPERATOR = (Limit(Scope(Subject.OPERATOR), Measure.SPEND, Window.DAY, 20_000, Audience.OPERATOR),)


@dataclass(frozen=True)
class Bound:
    """What somebody reading the rules aloud would say: who set what for whom, and how much it is."""

    audience: Audience
    audience_id: int
    dimension: LimitKey
    amount: int


def by_the_book(
    rules: list[LimitPolicy], requester: Requester, model: str, grants: list[Grant], at_s: float
) -> set[Bound]:
    """The limits as design and help text put them, dimension after dimension, in the plainest words."""
    bound = set()
    every_dimension = {rule.dimension for rule in rules} | {RUNS_A_DAY, SPEND_A_DAY}
    for dimension in every_dimension:
        if dimension.model and dimension.model != model:
            continue
        if dimension.channel_id and dimension.channel_id not in (
            requester.channel.channel_id,
            requester.channel.parent_id,
        ):
            continue
        extra = 0
        counted_in = Window.DAY if dimension.window is Window.EVER else dimension.window
        for grant in grants:
            start, end = window_bounds(counted_in, at_s)
            if (
                grant.user_id == requester.user_id
                and grant.measure is dimension.measure
                and start <= grant.granted_at_s < end
            ):
                extra += grant.amount

        mine = [r for r in rules if r.dimension == dimension]
        personal = [r for r in mine if r.audience is Audience.MEMBER and r.audience_id == requester.user_id]
        by_role = [r for r in mine if r.audience is Audience.ROLE and r.audience_id in requester.role_ids]
        for_all = [r for r in mine if r.audience is Audience.EVERYONE]
        if personal:
            winner: LimitPolicy | None = personal[0]
        elif by_role:
            most = max(r.amount for r in by_role)
            winner = min((r for r in by_role if r.amount == most), key=lambda r: r.audience_id)
        elif for_all:
            winner = for_all[0]
        elif dimension == RUNS_A_DAY:
            winner = DEFAULTS[0]
        elif dimension == SPEND_A_DAY:
            winner = DEFAULTS[1]
        else:
            winner = None
        if winner is not None:
            bound.add(Bound(winner.audience, winner.audience_id, dimension, winner.amount + extra))
        bound |= {Bound(r.audience, 0, dimension, r.amount) for r in mine if r.audience is Audience.SERVER}
    bound.add(Bound(Audience.OPERATOR, 0, SPEND_A_DAY, 20_000))
    return bound


def read_back(limits: tuple[Limit, ...]) -> set[Bound]:
    found = {
        Bound(
            limit.audience,
            limit.audience_id,
            LimitKey(limit.measure, limit.window, limit.scope.channel_id, limit.scope.model),
            limit.amount,
        )
        for limit in limits
    }
    assert len(found) == len(limits)  # nothing is said twice
    return found


def granted_sums(grants: list[Grant], user_id: int, at_s: float) -> dict[tuple[Measure, Window], int]:
    sums: dict[tuple[Measure, Window], int] = {}
    for grant in grants:
        for window in Window:
            counted_in = Window.DAY if window is Window.EVER else window
            same = window_bounds(counted_in, grant.granted_at_s) == window_bounds(counted_in, at_s)
            if grant.user_id == user_id and same:
                sums[grant.measure, window] = sums.get((grant.measure, window), 0) + grant.amount
    return sums


@st.composite
def dimensions(draw: st.DrawFn) -> LimitKey:
    measure = draw(st.sampled_from(Measure))
    spans = [window for window in Window if window is not Window.EVER]
    window = Window.EVER if measure is Measure.AT_ONCE else draw(st.sampled_from(spans))
    channel_id = draw(st.sampled_from((0, *CHANNELS, *THREADS)))
    return LimitKey(measure, window, channel_id, draw(st.sampled_from(("", *MODELS))))


# Few dimensions in each example, so that rules meet in them.
@st.composite
def guild_settings(draw: st.DrawFn) -> list[LimitPolicy]:
    few = [*draw(st.lists(dimensions(), min_size=1, max_size=2)), RUNS_A_DAY, SPEND_A_DAY]
    subjects = [
        (Audience.EVERYONE, 0),
        (Audience.SERVER, 0),
        (Audience.MEMBER, ME),
        (Audience.MEMBER, OTHER),
        *((Audience.ROLE, role_id) for role_id in ROLES),
    ]
    keys = st.tuples(st.sampled_from(subjects), st.sampled_from(few))
    chosen = draw(st.dictionaries(keys, st.integers(0, 2), max_size=20))  # small, so that amounts are equal
    return [LimitPolicy(*subject, dimension, amount) for (subject, dimension), amount in chosen.items()]


@st.composite
def requesters(draw: st.DrawFn) -> Requester:
    role_ids = frozenset(draw(st.sets(st.sampled_from((*ROLES, 299)))))
    channel_id = draw(st.sampled_from((*CHANNELS, *THREADS)))
    place = ChannelContext(GUILD, channel_id, THREADS.get(channel_id), draw(st.booleans()))
    return Requester(draw(st.sampled_from((ME, OTHER))), role_ids, place)


grants_given = st.lists(
    st.builds(
        Grant,
        st.sampled_from((ME, OTHER)),
        st.sampled_from((Measure.RUNS, Measure.SPEND)),
        st.integers(1, 9),
        st.floats(NOW_S - 40 * 86_400, NOW_S),
    ),
    max_size=6,
)


@settings(max_examples=400)
@given(guild_settings(), requesters(), st.sampled_from((*MODELS, "c/three")), grants_given)
@example(
    [LimitPolicy(Audience.ROLE, role_id, RUNS_A_DAY, 5) for role_id in ROLES],
    Requester(ME, frozenset(ROLES), ChannelContext(GUILD, 31)),
    MODELS[0],
    [Grant(ME, Measure.RUNS, 3, NOW_S)],
)
def test_what_binds_is_what_the_rules_say(
    rules: list[LimitPolicy], requester: Requester, model: str, grants: list[Grant]
) -> None:
    granted = granted_sums(grants, requester.user_id, NOW_S)
    limits = resolve_limits(rules, DEFAULTS, OPERATOR, requester, model, granted)
    assert read_back(limits) == by_the_book(rules, requester, model, grants, NOW_S)


@settings(max_examples=200)
@given(guild_settings(), requesters(), st.sampled_from(MODELS), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_were_set_decides_nothing(
    rules: list[LimitPolicy], requester: Requester, model: str, chance: object
) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    first = resolve_limits(rules, DEFAULTS, OPERATOR, requester, model, {})
    assert set(first) == set(resolve_limits(shuffled, DEFAULTS, OPERATOR, requester, model, {}))


@settings(max_examples=200)
@given(guild_settings(), requesters(), st.sampled_from(MODELS))
def test_every_limit_counts_for_the_member_the_server_or_the_operator_and_its_counter_moves(
    rules: list[LimitPolicy], requester: Requester, model: str
) -> None:
    limits = resolve_limits(rules, DEFAULTS, OPERATOR, requester, model, {})
    moved = counters_for({rule.dimension for rule in rules}, DEFAULTS, requester, model)
    assert len(moved) == len(set(moved))
    for limit in limits:
        assert (limit.scope, limit.window) in moved
        match limit.audience:
            case Audience.SERVER:
                whose = (Subject.SERVER, GUILD, 0)
            case Audience.OPERATOR:
                whose = (Subject.OPERATOR, 0, 0)
            case _:
                whose = (Subject.MEMBER, GUILD, requester.user_id)
        assert (limit.scope.subject, limit.scope.guild_id, limit.scope.subject_id) == whose
    assert limits[-1].audience is Audience.OPERATOR


@given(guild_settings(), st.sampled_from(MODELS))
def test_a_counter_that_a_limit_reads_is_moved_by_every_run_it_counts(
    rules: list[LimitPolicy], model: str
) -> None:
    tracked = {rule.dimension for rule in rules}
    inside = Requester(ME, frozenset(), ChannelContext(GUILD, 41, 31))
    moved = counters_for(tracked, DEFAULTS, inside, model)
    for dimension in tracked:
        counts = dimension.channel_id in (0, 41, 31) and dimension.model in ("", model)
        scope = Scope(Subject.MEMBER, GUILD, ME, dimension.channel_id, dimension.model)
        assert ((scope, dimension.window) in moved) is (counts or dimension in {RUNS_A_DAY, SPEND_A_DAY})


@given(requesters())
@example(Requester(ME, frozenset(), ChannelContext(None, 31)))
def test_where_nothing_is_set_the_settings_bind(requester: Requester) -> None:
    limits = resolve_limits((), DEFAULTS, OPERATOR, requester, "a/one", {})
    assert [limit.amount for limit in limits] == [50, 2_000, 20_000]


def test_a_model_is_the_same_in_any_case() -> None:
    rule = LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.RUNS, Window.DAY, 0, "a/one"), 3)
    requester = Requester(ME, frozenset(), ChannelContext(GUILD, 31))
    assert 3 in {limit.amount for limit in resolve_limits([rule], DEFAULTS, OPERATOR, requester, "A/One", {})}
