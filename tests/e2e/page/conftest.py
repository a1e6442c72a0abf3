"""A demo page served from a thread of its own, and a headless browser to use it with."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import discord
import pytest
import simcord
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sandbox.demo.page_rooms import PageChannel, Viewer
from sandbox.demo.page_server import DiscordPage
from sandbox.demo.simulated_discord import Slot, spawn_outside
from tests.support.toy_bot import ToyBot

ROOT = Path(__file__).parents[3]

T = TypeVar("T")
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Playwright's blocking interface leaves a running loop in its thread, which would break every asyncio test
# after it; so it has this thread to itself.
BROWSER_THREAD = ThreadPoolExecutor(1, "browser")


PATIENCE_S = 300  # only a hang takes so long
PATIENCE_MS = PATIENCE_S * 1000
expect.set_options(timeout=PATIENCE_MS)


class LiveDemo:
    """simcord, the toy bot and the page, in a thread of their own since simcord patches its loop."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.url = ""
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="demo", daemon=True)

    def __enter__(self) -> LiveDemo:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the demo did not start"
        if self._failure:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop everything; doing so again is harmless."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the demo did not stop"
        if self._failure:
            raise self._failure

    def ask(self, question: Callable[[], T]) -> T:
        """Answer a question inside the demo's thread."""

        async def answer() -> T:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(PATIENCE_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as failure:  # noqa: BLE001 — handed to the test's thread, which raises it
            self._failure = failure
        finally:
            self._ready.set()

    async def _live(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        slot = Slot()
        self.bot = ToyBot(spawn=spawn_outside(slot), step_s=self.step_s)
        self.env = slot.env = simcord.Env(self.bot, check_errors=False)
        await self.env.start()
        guild = self.env.create_guild("Art studio")
        channels = [guild.create_text_channel("imagine"), guild.create_text_channel("lounge")]
        rights = discord.Permissions(manage_guild=True, manage_messages=True)
        ada = guild.add_member(self.env.create_user("ada", global_name="Ada"))
        mo = guild.add_member(
            self.env.create_user("mo", global_name="Mo"),
            roles=[guild.create_role("Moderators", permissions=rights)],
        )
        page = DiscordPage(
            self.env,
            channels=[PageChannel(channels[0], "Type / and paint"), PageChannel(channels[1])],
            viewers=[Viewer("member", "Member", ada), Viewer("mod", "Moderator", mo, moderates=True)],
            bot_name="Toy Painter",
        )
        self.url = await page.start()
        self._ready.set()
        await self._done.wait()
        await page.stop()
        await self.bot.close()
        await self.env.shutdown()


@pytest.fixture
def demo() -> Iterator[LiveDemo]:
    with LiveDemo(step_s=0.05) as live:
        yield live


@pytest.fixture
def slow_demo() -> Iterator[LiveDemo]:
    """Its jobs take minutes, so that nothing ends them but a click."""
    with LiveDemo(step_s=30) as live:
        yield live


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        why = "the demo page is tested with Debian's chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    playwright = BROWSER_THREAD.submit(lambda: sync_playwright().start()).result()
    browser = BROWSER_THREAD.submit(
        lambda: playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
    ).result()
    yield browser
    BROWSER_THREAD.submit(browser.close).result()
    BROWSER_THREAD.submit(playwright.stop).result()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that drives the browser in the browser's thread."""
    if "open_page" not in pyfuncitem.fixturenames:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    BROWSER_THREAD.submit(pyfuncitem.obj, **given).result()
    return True


class Visitor:
    """Somebody at the page. Leaving fails the test on any script error or request to another host."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.url = url
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda r: None if r.url.startswith(url) else self.faults.append(r.url))
        self.page.goto(url)
        self.text = self.page.get_by_label("Message", exact=True)
        self.text.wait_for()

    @property
    def last(self) -> Any:
        return self.page.locator(".message").last

    def message(self, text: str) -> Any:
        return self.page.locator(".message", has_text=text).last

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def command(self, name: str, *values: str) -> None:
        """Choose a command by its full name and fill in its required options; Enter sends it."""
        self.text.fill(f"/{name} ")
        self.page.locator(".command-name", has_text=f"/{name}").wait_for()
        for value in values:
            self.type(value)
            self.press("Tab")
        self.press("Enter")

    def become(self, label: str) -> None:
        self.page.get_by_role("radio", name=label).click()
        self.page.locator(f"#sidebar footer:has-text('{label}')").wait_for()

    def keep_picture(self, name: str) -> None:
        folder = ROOT / "artefacts"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / name)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    visitors: list[Visitor] = []
    contexts: list[BrowserContext] = []

    def open_page(demo: LiveDemo, **options: Any) -> Visitor:
        options = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"} | options
        contexts.append(browser.new_context(**options))
        visitors.append(Visitor(contexts[-1], demo.url))
        return visitors[-1]

    yield open_page
    for context in contexts:
        BROWSER_THREAD.submit(context.close).result()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
