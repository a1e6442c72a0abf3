"""The way of one REST request: read, log, fault, limits, authority, handler, answer in Discord's form."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.discord.buckets import Buckets
from sandbox.discord.faults import Fault, Faults, Kind, break_connection
from sandbox.discord.messages import Upload
from sandbox.discord.problems import ApiError
from sandbox.discord.world import World

LARGEST_REQUEST = 25 << 20  # Discord docs, Uploading Files


@dataclass(slots=True)
class Call:
    """A request as a handler sees it; `body` is the JSON, or payload_json of a multipart form."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    uploads: list[Upload] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)

    def form(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise ApiError(
                400, 50035, "Invalid Form Body", errors={"_errors": [{"code": "DICT_TYPE_CONVERT"}]}
            )
        return self.body


@dataclass(frozen=True, slots=True)
class Reply:
    body: Any = None
    status: int = 200


NO_CONTENT = Reply(None, 204)
Handler = Callable[[World, Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`{name}` in `path` is a parameter; `bucket` is limited by the parameter `major`."""

    method: str
    path: str
    handler: Handler
    for_bot: bool = True
    bucket: str = ""
    major: str = ""

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if method != self.method:
            return None
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else found.groupdict()


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


@dataclass(slots=True)
class LoggedRequest:
    """One request as it came; `path` lacks the version, `at_s` is monotonic, `status` 0 if unanswered."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    files: tuple[tuple[str, int], ...]
    at_s: float
    status: int = 0
    code: int | None = None
    took_s: float = 0.0
    scope: str | None = None

    @property
    def is_invalid(self) -> bool:
        """Whether Discord counts it towards its limit of invalid requests."""
        return self.status in (401, 403) or (self.status == 429 and self.scope != "shared")


class Wire:
    """Answers everything under /api/v10."""

    def __init__(self, world: World, *, token: str, routes: list[Route], buckets: Buckets) -> None:
        self.world = world
        self.buckets = buckets
        self.faults = Faults()
        self.log: list[LoggedRequest] = []
        self._token = token
        self._routes = routes

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["tail"]
        call = Call(request.method, path, request.query)
        entry = LoggedRequest(request.method, path, dict(request.query), None, (), time.monotonic())
        self.log.append(entry)
        refused: ApiError | None = None
        try:
            await _read(request, call)
        except ApiError as error:
            refused = error
        entry.body = call.body
        entry.files = tuple((upload.filename, len(upload.data)) for upload in call.uploads)
        fault = self.faults.take(request.method, path)
        if fault is not None and not fault.after and fault.kind is not Kind.SLOW:
            response = await self._fail(request, fault)
        else:
            delay_s = fault.hang_s if fault is not None and fault.kind is Kind.SLOW else 0.0
            if delay_s:
                await self.faults.wait(delay_s, fault.over if fault is not None else asyncio.Event())
            response = self._true_answer(request, call, entry, refused)
            if fault is not None and fault.after:
                response = await self._fail(request, fault)
        entry.status = 0 if response.headers.get("X-Broken") else response.status
        entry.scope = response.headers.get("X-RateLimit-Scope")
        entry.took_s = time.monotonic() - entry.at_s
        self.world.changes.tell()
        return response

    def _true_answer(
        self, request: web.Request, call: Call, entry: LoggedRequest, refused: ApiError | None
    ) -> web.Response:
        headers: dict[str, str] = {}
        try:
            route = self._route(call, refused)
            self._admit(route, request)
            if route.bucket:
                self._take_hidden(route, call)
                headers = self.buckets.take(route.bucket, call.params[route.major])
            reply = route.handler(self.world, call)
        except ApiError as error:
            entry.code = error.code
            return _response(error.status, error.body(), {**headers, **error.headers})
        return _response(reply.status, reply.body, headers)

    def _admit(self, route: Route, request: web.Request) -> None:
        if not route.for_bot:
            return  # an interaction's token is its own authority, outside the global limit
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise ApiError(401, 0, "401: Unauthorized")
        self.buckets.take_global()

    def _route(self, call: Call, unreadable: ApiError | None) -> Route:
        if unreadable is not None:
            raise unreadable
        for route in self._routes:
            params = route.match(call.method, call.path)
            if params is not None:
                call.params = params
                return route
        if any(route.match(route.method, call.path) is not None for route in self._routes):
            raise ApiError(405, 0, "405: Method Not Allowed")
        raise ApiError(404, 0, "404: Not Found")

    def _take_hidden(self, route: Route, call: Call) -> None:
        if route.bucket.startswith("token_"):
            interaction = self.world.by_token.get(call.params["token"])
            if interaction is not None:
                self.buckets.take_hidden(str(interaction.channel.id), is_edit=route.bucket == "token_edit")

    async def _fail(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case Kind.RESET | Kind.CLOSE:
                break_connection(request, reset=fault.kind is Kind.RESET)
            case Kind.HANG:
                await self.faults.wait(fault.hang_s, fault.over)
                break_connection(request, reset=False)
            case Kind.ANSWER | Kind.SLOW:
                via = {"Via": "1.1 google"} if fault.via else {}
                if isinstance(fault.body, str):
                    html = {"Content-Type": "text/html", **via, **fault.headers}
                    return web.Response(status=fault.status, body=fault.body.encode(), headers=html)
                body = (
                    {"message": f"{fault.status}: injected", "code": 0} if fault.body is None else fault.body
                )
                return _response(fault.status, body, fault.headers, via=fault.via)
        return web.Response(status=500, headers={"X-Broken": "the connection is gone"})


def _response(status: int, body: Any, headers: dict[str, str], *, via: bool = True) -> web.Response:
    # discord.py 2.7.1 compares the content type exactly and takes a 429 without Via for a ban.
    told = {**({"Via": "1.1 google"} if via else {}), **headers}
    if body is None:
        return web.Response(status=status, headers=told)
    told = {"Content-Type": "application/json", **told}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=told)


async def _read(request: web.Request, call: Call) -> None:
    try:
        if request.content_type == "multipart/form-data":
            await _read_form(request, call)
        else:
            raw = await request.read()
            call.body = json.loads(raw) if raw else {}
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, 40005, "Request entity too large") from error
    except ValueError as error:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from error


async def _read_form(request: web.Request, call: Call) -> None:
    total = 0
    call.body = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ApiError(400, 50035, "Invalid Form Body")
        data = bytes(await part.read())
        total += len(data)
        if total > LARGEST_REQUEST:
            raise ApiError(413, 40005, "Request entity too large")
        place = re.fullmatch(r"files\[(\d+)\]", part.name or "")
        if part.name == "payload_json":
            call.body = json.loads(data)
        elif place:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            call.uploads.append(Upload(part.filename or "unknown", data, int(place[1]), kind))
        else:
            raise ApiError(
                400, 50035, "Invalid Form Body", errors={"_errors": [{"code": "FORM_FIELD_UNKNOWN"}]}
            )
