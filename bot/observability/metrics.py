"""A reading as Prometheus takes it. Alone in knowing prometheus-client, and imported when wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.domain.job.job import Stage
from bot.domain.money import PICO_PER_DOLLAR
from bot.domain.records.reconciliation import Reckoning
from bot.observability.meters import Reading

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


def exposition(reading: Reading) -> bytes:
    """The text format 0.0.4, from a registry of its own: nothing is kept between two scrapes."""
    registry = CollectorRegistry()
    registry.register(_OneReading(reading))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True, eq=False)  # a registry wants it hashable
class _OneReading(Collector):
    reading: Reading

    def collect(self) -> Iterator[Metric]:
        reading = self.reading
        yield GaugeMetricFamily("bot_connected", "1 while connected to Discord.", int(reading.is_connected))
        jobs = GaugeMetricFamily("bot_jobs", "Jobs that are being followed, by stage.", labels=["stage"])
        for stage in Stage:
            jobs.add_metric([stage.name.lower()], reading.jobs.get(stage, 0))
        yield jobs
        yield GaugeMetricFamily("bot_queue_waiting", "Jobs waiting in the bot's own line.", reading.waiting)
        yield GaugeMetricFamily("bot_queue_running", "Jobs that count as running at Wiro.", reading.running)
        yield CounterMetricFamily("bot_edits", "Edits sent to Discord.", reading.edits)
        yield CounterMetricFamily("bot_rate_limited", "429s from Discord.", reading.rate_limited)
        yield CounterMetricFamily("bot_socket_gaps", "Outages that a task was told of.", reading.gaps)
        yield CounterMetricFamily(
            "bot_socket_reconnects", "Connections to Wiro's socket made after an outage.", reading.reconnects
        )
        yield GaugeMetricFamily("bot_sockets_open", "Open connections to Wiro's socket.", reading.sockets)
        if reading.held_pico is not None:
            held = reading.held_pico / PICO_PER_DOLLAR
            yield GaugeMetricFamily(
                "bot_money_held_dollars", "Held for runs whose cost is not known yet.", held
            )
        if reading.surprises is not None:
            yield CounterMetricFamily(
                "bot_bills_surprising", "Bills of more than three times what was held.", reading.surprises
            )
        if reading.disbelieved is not None:
            yield CounterMetricFamily(
                "bot_bills_disbelieved", "Bills to be reconciled by hand: no amount.", reading.disbelieved
            )
        if reading.reckoning is not None:
            yield from _reckoned(reading.reckoning)
        yield CounterMetricFamily("bot_database_commits", "Group commits.", reading.commits)
        failures = CounterMetricFamily(
            "bot_background_failures", "Failed steps of background work, each tried again.", labels=["work"]
        )
        for name, count in sorted(reading.failures.items()):
            failures.add_metric([name], count)
        yield failures
        yield GaugeMetricFamily(
            "bot_loop_lag_seconds", "Delay of the event loop in the last second.", reading.lag_s
        )
        yield GaugeMetricFamily(
            "bot_loop_lag_worst_seconds", "Delay of the event loop, worst of a minute.", reading.worst_lag_s
        )


def _reckoned(reckoning: Reckoning) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "bot_reconciliation_timestamp_seconds", "When our books were held against Wiro's.", reckoning.at_s
    )
    yield GaugeMetricFamily(
        "bot_reconciliation_difference_dollars",
        "By how much our books differ from Wiro's, all differences together.",
        reckoning.difference_pico / PICO_PER_DOLLAR,
    )
    yield GaugeMetricFamily(
        "bot_reconciliation_differing_tasks",
        "Tasks that Wiro charged otherwise than is booked.",
        len(reckoning.differences),
    )
    yield GaugeMetricFamily(
        "bot_reconciliation_compared_tasks", "Tasks of ours that were compared.", reckoning.compared
    )
    yield GaugeMetricFamily(
        "bot_reconciliation_unknown_tasks", "Tasks of the account that are on no record.", reckoning.unknown
    )
