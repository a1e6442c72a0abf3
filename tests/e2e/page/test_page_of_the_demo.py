"""`python -m bot demo` as a newcomer meets it: its own process, a real browser, the whole bot."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Running:
    url: str
    process: subprocess.Popen[str]
    log: Path


@contextmanager
def a_demo(data: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", "--data", str(data)]
    log = data.with_suffix(".log")  # apart from what it says: asyncio may complain there of a slow machine
    with (
        log.open("w") as errors,
        subprocess.Popen(  # noqa: S603 — our own interpreter and module
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("The demo is at http://127.0.0.1:"), first
            yield Running(first.split()[-1], process, log)
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def live(tmp_path):
    with a_demo(tmp_path / "records") as running:
        yield running


def test_a_newcomer_gets_a_picture_sees_the_quota_and_stops_it_cleanly(live, open_page, tmp_path):
    visitor = open_page(live)
    visitor.command("imagine", "a lighthouse at dusk")
    expect(visitor.last).to_contain_text("Drawing")
    expect(visitor.last.get_by_role("button", name="Cancel")).to_be_visible()
    visitor.last.locator(".gallery img").wait_for()
    expect(visitor.last).to_contain_text("stable-diffusion-3-medium · seed")
    visitor.command("quota")
    expect(visitor.last).to_contain_text("1 of 50 used")
    visitor.keep_picture("demo.png")
    live.process.send_signal(signal.SIGINT)
    assert live.process.wait(15) == 0
    assert live.process.stdout.read().endswith("Stopping.\n")
    assert "Traceback" not in live.log.read_text()
    assert (tmp_path / "records" / "demo.sqlite3").exists()


def test_a_limit_is_set_explained_and_lifted_by_a_moderator_on_the_page(live, open_page):
    visitor = open_page(live)
    visitor.become("Moderator")
    visitor.command("rules log", "channel", "sketches")
    expect(visitor.last).to_contain_text("sketches")
    visitor.command("limits set", "runs", "0")
    expect(visitor.last).to_contain_text("0 runs")
    visitor.become("Member")
    visitor.command("imagine", "a fox")
    expect(visitor.last).to_contain_text("Nothing was held")
    visitor.last.get_by_role("button", name="Ask a moderator").click()
    visitor.become("Moderator")
    visitor.page.get_by_text("sketches").first.click()
    expect(visitor.last.get_by_role("button", name="Approve once")).to_be_visible()
    visitor.keep_picture("demo_case.png")
    visitor.last.get_by_role("button", name="Approve once").click()
    visitor.page.get_by_text("art", exact=True).first.click()
    visitor.last.locator(".gallery img").wait_for()
    visitor.keep_picture("demo_approved.png")
