"""Everything that may happen to a job, as hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.domain.job.events import (
    Accepted,
    Cancelled,
    Event,
    Gap,
    Progressed,
    Reached,
    Refused,
    Settled,
    TextStreamed,
    Unanswered,
    Unrecognised,
)
from bot.domain.job.job import Cause, Progress, Stage, StreamedText
from bot.domain.money import MAX_PICO, Money
from tests.support.samples import PNG

moneys: st.SearchStrategy[Money] = st.integers(0, MAX_PICO).map(Money)
costs: st.SearchStrategy[Money | None] = st.one_of(st.none(), st.just(Money(0)), moneys)
seconds: st.SearchStrategy[float | None] = st.none() | st.floats(0, 1e6)


@st.composite
def progresses(draw: st.DrawFn) -> Progress:
    total = draw(st.integers(1, 100))
    return Progress(draw(st.integers(0, total)), total)


passing_news: st.SearchStrategy[Event] = st.one_of(
    st.builds(Accepted, st.sampled_from(["101", "102"])),
    st.builds(Unanswered),
    st.builds(Reached, st.sampled_from(Stage)),
    st.builds(Progressed, progresses()),
    st.builds(TextStreamed, st.builds(StreamedText, st.text(max_size=5), st.text(max_size=5), st.booleans())),
    st.builds(Gap, st.text(max_size=5)),
    st.builds(Unrecognised, st.text(max_size=5)),
)
endings: st.SearchStrategy[Event] = st.one_of(
    st.builds(Refused, st.sampled_from(Cause), st.text(max_size=5)),
    st.builds(Settled, st.booleans(), costs, st.just(()) | st.just((PNG,)), seconds, st.text(max_size=5)),
    st.builds(Cancelled, costs, seconds),
)
events: st.SearchStrategy[Event] = passing_news | endings
