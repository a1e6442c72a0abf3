"""A small stand-in for Wiro in a process of its own: tasks that tick at a given rate, and a log of times.

`python -m benchmarks.wiro_side` prints its address and serves until its standard input ends. Times are
seconds of CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

SLUG = ("stabilityai", "stable-diffusion-3-medium")
_STAGES = (
    "task_queue",
    "task_accept",
    "task_preprocess_start",
    "task_preprocess_end",
    "task_assign",
    "task_start",
)


@dataclass(slots=True)
class Plan:
    """How the next tasks live: all times in seconds, each run between the two lengths."""

    ticks_a_second: float = 10.0
    shortest_s: float = 4.0
    longest_s: float = 8.0
    picture_bytes: int = 100_000
    is_held: bool = False  # tasks come to run once they are listened to, and then say nothing more


@dataclass(slots=True)
class Task:
    """One task and what its sockets were sent when."""

    number: int
    token: str
    parameters: dict[str, Any]
    status: str = "task_queue"
    listeners: list[web.WebSocketResponse] = field(default_factory=list)
    step_sent_s: dict[int, float] = field(default_factory=dict)
    ended_s: float = 0.0
    asked_s: float | None = None  # when Task/Detail was first asked after `mark`
    life: asyncio.Task[None] | None = None


class WiroSide:
    """Serves one account without looking at signatures: those are measured elsewhere."""

    def __init__(self) -> None:
        self.plan = Plan()
        self._tasks: dict[str, Task] = {}
        self._by_token: dict[str, Task] = {}
        self._numbers = itertools.count(1000)
        self._picture = b""
        self._base = ""
        self._chance = random.Random(1)  # noqa: S311 — lengths of runs, the same in every measurement

    async def start(self) -> str:
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        host, port = runner.addresses[0][:2]
        self._base = f"http://{host}:{port}"
        return self._base

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path == "/v1" and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        if path.startswith("/picture/"):
            return web.Response(body=self._shown(), content_type="image/png")
        body = await request.json() if request.can_read_body else {}
        if path.startswith("/_/"):
            return self._control(path.removeprefix("/_/"), body)
        return web.json_response(
            {"result": True, "errors": [], **self._said(path.removeprefix("/v1/"), body)}
        )

    def _said(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.startswith("Run/"):
            number = next(self._numbers)
            task = Task(number, f"token{number:025d}", body)
            self._tasks[str(number)] = self._by_token[task.token] = task
            task.life = asyncio.create_task(self._live(task), name=f"task {number}")
            return {"taskid": str(number), "socketaccesstoken": task.token}
        if path == "Task/Detail":
            found = self._tasks.get(str(body.get("taskid"))) or self._by_token.get(str(body.get("tasktoken")))
            if found is not None and found.asked_s is None:
                found.asked_s = time.monotonic()
            return {"total": "1" if found else "0", "tasklist": [self._detail(found)] if found else []}
        if path == "Task/List":
            return {
                "total": str(len(self._tasks)),
                "tasklist": [self._detail(t) for t in self._tasks.values()],
            }
        if path in {"Tool/List", "Tool/Detail"}:
            return {"total": "1", "tool": [_MODEL]}
        return {}

    def _detail(self, task: Task) -> dict[str, Any]:
        is_over = task.status == "task_postprocess_end"
        url = f"{self._base}/picture/{task.number}/0.png"
        output = {"name": "0.png", "contenttype": "image/png", "size": str(len(self._shown())), "url": url}
        return {
            "id": str(task.number),
            "socketaccesstoken": task.token,
            "parameters": task.parameters,
            "status": task.status,
            "pexit": "0" if is_over else None,
            "createtime": str(int(time.time())),
            "elapsedseconds": "6.0000",
            "totalcost": "0.003510000000" if is_over else "0",
            "outputs": [output] if is_over else [],
        }

    async def _live(self, task: Task) -> None:
        plan = self.plan
        await asyncio.sleep(0.05)
        while plan.is_held and not task.listeners:  # noqa: ASYNC110 — thousands of events would weigh more
            await asyncio.sleep(0.5)  # one that nobody heard would be asked after again and again
        for stage in _STAGES:
            await self._say(task, stage, None)
        if plan.is_held:
            return
        length_s = self._chance.uniform(plan.shortest_s, plan.longest_s)
        total = max(1, int(length_s * plan.ticks_a_second))
        begun_s = time.monotonic()
        for step in range(1, total + 1):
            await asyncio.sleep(max(0.0, begun_s + step / plan.ticks_a_second - time.monotonic()))
            task.step_sent_s[step] = time.monotonic()
            await self._say(
                task,
                "task_output",
                {"type": "progressGenerate", "stepCurrent": str(step), "stepTotal": str(total)},
            )
        await self._say(task, "task_end", None)
        task.status = "task_postprocess_end"
        task.ended_s = time.monotonic()
        await self._say(task, task.status, [])

    async def _say(self, task: Task, kind: str, message: Any) -> None:
        if kind in _STAGES or kind == "task_output":
            task.status = kind
        text = json.dumps(
            {
                "type": kind,
                "id": str(task.number),
                "tasktoken": task.token,
                "message": message,
                "result": True,
            }
        )
        for listener in tuple(task.listeners):
            with suppress(ConnectionResetError):  # a bot that was killed
                await listener.send_str(text)

    async def _socket(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await socket.send_str('{"type":"connected","version":"1.0"}')
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                asked = json.loads(message.data)
                task = self._by_token.get(asked.get("tasktoken", ""))
                if asked.get("type") == "task_info" and task is not None and socket not in task.listeners:
                    task.listeners.append(socket)
        for task in self._tasks.values():
            if socket in task.listeners:
                task.listeners.remove(socket)
        return socket

    def _shown(self) -> bytes:
        if not self._picture:
            self._picture = _noise(self.plan.picture_bytes)
        return self._picture

    def _control(self, what: str, body: dict[str, Any]) -> web.Response:
        match what:
            case "plan":
                for name, value in body.items():
                    setattr(self.plan, name, value)
                self._picture = b""
            case "clear":
                self._tasks.clear()
                self._by_token.clear()
                self._chance.seed(1)
            case "mark":
                for task in self._tasks.values():
                    task.asked_s = None
            case "counts":
                listened = sum(bool(task.listeners) for task in self._tasks.values())
                asked = sum(task.asked_s is not None for task in self._tasks.values())
                return web.json_response({"tasks": len(self._tasks), "listened": listened, "asked": asked})
            case "record":
                return web.json_response(
                    {
                        number: {
                            "prompt": task.parameters.get("prompt", ""),
                            "step_sent_s": task.step_sent_s,
                            "ended_s": task.ended_s,
                            "asked_s": task.asked_s,
                        }
                        for number, task in self._tasks.items()
                    }
                )
        return web.json_response({})


def _noise(size_bytes: int) -> bytes:
    """A true PNG of about this size: noise does not shrink."""
    from PIL import Image  # noqa: PLC0415 — only this function needs it

    side = max(8, round((size_bytes / 3) ** 0.5))
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(2).randbytes(side * side * 3)).save(out, "PNG")  # noqa: S311 — noise
    return out.getvalue()


def _item(
    name: str, kind: str, default: str, low: int | None = None, high: int | None = None
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": name,
        "type": kind,
        "label": name,
        "default": default,
        "required": name == "prompt",
    }
    return item if low is None else item | {"min": low, "max": high}


_MODEL: dict[str, Any] = {
    "id": "611",
    "title": "Stable Diffusion 3 Medium",
    "slugowner": SLUG[0],
    "slugproject": SLUG[1],
    "cleanslugowner": SLUG[0],
    "cleanslugproject": SLUG[1],
    "cps": "0.000585000000",
    "approximatelycost": "0.003510000000",
    "categories": ["tool", "text-to-image"],
    "parameters": [
        {
            "title": "Options",
            "items": [
                _item("prompt", "textarea", ""),
                _item("negativePrompt", "textarea", ""),
                _item("samples", "number", "1", 1, 8),
                _item("steps", "number", "28", 1, 100),
                _item("scale", "float", "7.0", 0, 20),
                _item("seed", "text", "0"),
                _item("width", "number", "1024", 256, 2048),
                _item("height", "number", "1024", 256, 2048),
            ],
        }
    ],
}


async def _serve() -> None:
    side = WiroSide()
    sys.stdout.write(f"{await side.start()}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it lets go


if __name__ == "__main__":
    asyncio.run(_serve())
