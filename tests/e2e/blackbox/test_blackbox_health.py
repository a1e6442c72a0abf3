"""/healthz and /metrics of the running bot, on loopback alone and where they were asked for."""

import asyncio
import socket

import aiohttp

from tests.e2e.blackbox.blackbox_harness import Opened, fetched


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


async def healthy(session: aiohttp.ClientSession, port: int) -> None:
    """Until /healthz says so: discord.py waits a moment for servers before it is ready."""
    async with asyncio.timeout(600):
        while True:
            async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                text = await answer.text()
            if answer.status == 200:
                assert text == "ok\n"
                return
            assert (answer.status, text) == (503, "not connected\n")
            await asyncio.sleep(0.05)


async def figures(port: int) -> dict[str, float]:
    text = (await fetched(f"http://127.0.0.1:{port}/metrics")).decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_the_figures_follow_a_picture(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output")
    port = free_port()
    bot = await harness.start(HEALTH_PORT=str(port))
    async with aiohttp.ClientSession() as session:
        await healthy(session, port)
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        async with session.get(f"http://127.0.0.1:{port}/nothing") as answer:
            assert answer.status == 404
        for host, status in (
            (f"localhost:{port}", 200),
            ("rebound.example", 403),
            (f"rebound.example:{port}", 403),
        ):
            async with session.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": host}) as answer:
                assert answer.status == status
                assert ("bot_connected" in await answer.text()) == (status == 200)
    before = await figures(port)
    assert before["bot_connected"] == 1
    assert before["bot_money_held_dollars"] == before["bot_sockets_open"] == before["bot_edits_total"] == 0

    asked = harness.imagine(harness.alice, "counted")
    await harness.shows(asked, "Drawing")
    during = await figures(port)
    assert during['bot_jobs{stage="running"}'] == 1
    assert during["bot_queue_running"] == during["bot_sockets_open"] == 1
    assert during["bot_money_held_dollars"] > 0
    assert during["bot_edits_total"] >= 1
    assert during["bot_database_commits_total"] > before["bot_database_commits_total"]
    harness.let_go()
    await harness.ended(asked)
    await harness.recorded(bot, 1)
    after = await figures(port)
    assert after['bot_jobs{stage="running"}'] == after["bot_money_held_dollars"] == 0
    assert after["bot_edits_total"] > during["bot_edits_total"]
    assert 0 <= after["bot_loop_lag_seconds"] <= after["bot_loop_lag_worst_seconds"]
    await harness.stop(bot)


async def test_a_taken_port_ends_the_start_with_a_sentence(opened: Opened) -> None:
    harness = await opened()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        bot = await harness.launch(HEALTH_PORT=str(held.getsockname()[1]))
        assert await bot.exited() == 1
    assert "The bot cannot start" in bot.stderr
