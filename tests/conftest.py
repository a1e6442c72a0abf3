"""For every test: a zone that is not UTC, the same examples always, and a failure that can be had again."""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest

os.environ["TZ"] = "America/New_York"  # has summer time; child processes inherit it
if hasattr(time, "tzset"):  # not on Windows
    time.tzset()

# The same examples in every run, none judged by the clock; fuzz_profile.py says how to try more.
hypothesis.settings.register_profile(
    "always the same", derandomize=True, database=None, deadline=None, print_blob=True
)
hypothesis.settings.load_profile("always the same")

ORDERS: Final = Path(__file__).parents[1] / "artefacts"


class Told:
    """What the tests counted, and the order in which each worker ran them."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.orders: dict[str, list[str]] = defaultdict(list)
        self.failed: set[str] = set()  # workers

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        worker: Any = getattr(report, "node", None)  # xdist's
        name = worker.gateway.id if worker is not None else "alone"
        if report.when == "setup":
            self.orders[name].append(report.nodeid)
        if report.when == "call":
            self.counted.update(dict(report.user_properties))
        if report.failed:
            self.failed.add(name)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        for what, count in self.counted.items():
            terminalreporter.write_line(f"{what}: {count:g}")
        for name in sorted(self.failed):
            ORDERS.mkdir(exist_ok=True)
            order = ORDERS / f"order-{name}.txt"
            order.write_text("\n".join(self.orders[name]) + "\n")
            terminalreporter.write_line(
                f"what failed, in the same order and with the same chance: pytest"
                f" --randomly-seed={config.getoption('randomly_seed', 0)} --randomly-dont-reorganize"
                f" @{order.relative_to(config.rootpath)}"
            )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Told())
