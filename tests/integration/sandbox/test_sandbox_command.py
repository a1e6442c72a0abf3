"""The stand-in run alone from the command line."""

import asyncio
import re
import signal
import socket
import sys

import aiohttp

from sandbox.wiro.fixtures import SAMPLE_MODELS

PATIENCE_S = 600


async def launch(*arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox.wiro.server",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_prints_its_address_serves_and_leaves_cleanly_on_ctrl_c():
    process = await launch(
        "--port", "0", "--key", "k", "--secret", "", "--pace", "0.02", "--max-running", "1"
    )
    async with asyncio.timeout(PATIENCE_S):
        printed = await process.stdout.readuntil(b"stops it.\n")
        url = re.search(r"http://127\.0\.0\.1:\d+/v1", printed.decode()).group()
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/Tool/List", headers={"x-api-key": "k"}) as answer,
        ):
            assert (await answer.json())["total"] == str(len(SAMPLE_MODELS))
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


async def test_a_taken_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = await launch("--port", str(port))
        async with asyncio.timeout(PATIENCE_S):
            _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().startswith(f"Port {port} cannot be used: ")
    assert len(errors.decode().splitlines()) == 1
