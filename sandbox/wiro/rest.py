"""The front door: reads, logs and signs off every request, lets faults strike, and calls the right room."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.wiro import answers
from sandbox.wiro.accounts import Account, Wallet, authorise
from sandbox.wiro.answers import ApiError
from sandbox.wiro.catalogue import Catalogue
from sandbox.wiro.cdn import Cdn
from sandbox.wiro.engine import Engine
from sandbox.wiro.fault_script import FaultScript
from sandbox.wiro.faults import Answer, Drop, Moment, Refuse, RequestFault, TaskFault, Wait
from sandbox.wiro.file_store import FileStore
from sandbox.wiro.intake import Body, read_body, read_order
from sandbox.wiro.ledger import Ledger
from sandbox.wiro.pace import Pace
from sandbox.wiro.prompt_faults import run_faults_in, task_faults_in
from sandbox.wiro.run_keys import KeyRing
from sandbox.wiro.sockets import SocketHub
from sandbox.wiro.task_control import TaskControl
from sandbox.wiro.tool_answers import tool_detail, tool_explore, tool_list

_Room: TypeAlias = Callable[[Account, Body], dict[str, Any]]


class Rest:
    """All HTTP of the stand-in. `stopping` ends answers that a fault keeps back."""

    def __init__(
        self,
        *,
        accounts: Mapping[str, Account],
        wallet: Callable[[Account], Wallet],
        ledger: Ledger,
        catalogue: Catalogue,
        control: TaskControl,
        engine: Engine,
        hub: SocketHub,
        cdn: Cdn,
        file_store: FileStore,
        script: FaultScript,
        prompt_faults: bool,
        key_ring: KeyRing,
        pace: Pace,
        clock: Callable[[], float],
        chance: random.Random,
        stopping: asyncio.Event,
    ) -> None:
        self._accounts = accounts
        self._wallet = wallet
        self._ledger = ledger
        self._catalogue = catalogue
        self._engine = engine
        self._hub = hub
        self._cdn = cdn
        self._file_store = file_store
        self._script = script
        self._prompt_faults = prompt_faults
        self._key_ring = key_ring
        self._clock = clock
        self._chance = chance
        self._stopping = stopping
        self._rooms: dict[str, _Room] = {
            "Task/Detail": lambda account, body: control.detail(account, body.fields),
            "Task/List": lambda account, body: control.list(account, body.fields),
            "Task/Cancel": lambda account, body: control.cancel(account, body.fields),
            "Task/Kill": lambda account, body: control.kill(account, body.fields),
            "Task/InputOutputDelete": lambda account, body: control.delete_files(account, body.fields),
            "Tool/List": lambda _, body: tool_list(catalogue, pace, body.fields),
            "Tool/Detail": lambda _, body: tool_detail(catalogue, pace, body.fields),
            "Tool/Explore": lambda _, _body: tool_explore(catalogue, pace),
            # Both spellings are in use: the docs' group the two under File, older clients do not.
            "File/FolderCreate": lambda _, body: file_store.create_folder(body),
            "FolderCreate": lambda _, body: file_store.create_folder(body),
            "File/Upload": lambda _, body: file_store.upload(body),
            "Upload": lambda _, body: file_store.upload(body),
        }

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v1", self._hub.serve)
        app.router.add_get("/v1/", self._hub.serve)
        app.router.add_get("/v1/File/{key}/{name}", self._input_file)
        app.router.add_route("*", "/v1/{path:.*}", self._api)
        app.router.add_get("/{folder:[0-9a-f]{8}(?:-[0-9a-f]{8}){8}}/{name}", self._picture)
        app.router.add_route("*", "/{path:.*}", self._nothing)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"].rstrip("/")
        body = Body({})
        unreadable: ApiError | None = None
        try:
            body = await read_body(request)
        except ApiError as error:
            unreadable = error
        self._ledger.log(self._clock(), request.method, path, body, request.headers)

        def act() -> web.StreamResponse:
            try:
                return answers.success(self._act(request, path, body, unreadable))
            except ApiError as error:
                return answers.refused(error, now_s=self._clock())

        return await self._through_faults(request, self._faults_for(path, body), act)

    def _act(
        self, request: web.Request, path: str, body: Body, unreadable: ApiError | None
    ) -> dict[str, Any]:
        parts = path.split("/")
        is_run = len(parts) == 3 and parts[0] == "Run"
        room = self._rooms.get(path)
        if request.method != "POST" or (room is None and not is_run):
            raise answers.unknown_path()
        account = authorise(self._accounts, request.headers)
        if unreadable is not None:
            raise unreadable
        if room is not None:
            return room(account, body)
        key = self._key_ring.key_of(account, request.headers, body)
        known = self._key_ring.task_of(key)
        return known or self._key_ring.keep(key, self._run(account, parts[1], parts[2], body))

    def _run(self, account: Account, owner: str, project: str, body: Body) -> dict[str, Any]:
        model = self._catalogue.find(owner, project)
        if model is None:
            raise answers.no_such_model()
        order = read_order(model, body, self._chance)
        wallet = self._wallet(account)
        wallet.check(self._ledger.running(account.api_key))
        faults: tuple[TaskFault, ...] = self._script.for_task(
            f"Run/{owner}/{project}", order.prompt, model.slug
        )
        if self._prompt_faults:
            faults += task_faults_in(order.prompt)
        parameters = dict(body.fields)
        for file in body.files:
            _, url = self._file_store.keep(file)
            # Several files of one parameter are a comma-separated list, the form a Run takes addresses in.
            parameters[file.part] = f"{parameters[file.part]},{url}" if file.part in parameters else url
        task = self._ledger.open_task(
            api_key=account.api_key,
            model=model,
            parameters=parameters,
            order=order,
            faults=faults,
            now_s=self._clock(),
        )
        self._engine.begin(task, wallet)
        return {"taskid": task.id, "socketaccesstoken": task.token}

    def _faults_for(self, path: str, body: Body) -> tuple[RequestFault, ...]:
        prompt = str(body.fields.get("prompt", ""))
        is_run = path.startswith("Run/")
        faults = self._script.for_request(path, prompt, path.removeprefix("Run/") if is_run else "")
        return faults + run_faults_in(prompt) if is_run and self._prompt_faults else faults

    async def _through_faults(
        self,
        request: web.Request,
        faults: tuple[RequestFault, ...],
        act: Callable[[], web.StreamResponse],
    ) -> web.StreamResponse:
        """Faults before, then the deed unless one of them replaced it, then faults after."""
        response: web.StreamResponse | None = None
        for fault in faults:
            if isinstance(fault, Refuse) or fault.moment is Moment.BEFORE:
                response = await self._strike(request, fault) or response
        if response is not None:
            return response
        response = act()
        for fault in faults:
            if not isinstance(fault, Refuse) and fault.moment is Moment.AFTER:
                response = await self._strike(request, fault) or response
        return response

    async def _strike(self, request: web.Request, fault: RequestFault) -> web.Response | None:
        """The answer that replaces the true one, or None."""
        match fault:
            case Refuse():
                error = ApiError(fault.code, fault.message, http_status=fault.http_status)
                return answers.refused(error, now_s=self._clock())
            case Answer():
                headers = {**dict(fault.headers), "Content-Type": fault.content_type}
                return web.Response(status=fault.http_status, body=fault.body, headers=headers)
            case Drop():
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)  # goes nowhere: the connection is gone
            case Wait():
                try:
                    await asyncio.wait_for(self._stopping.wait(), fault.seconds)
                except TimeoutError:
                    return None
                return web.Response(status=503)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        folder, name = request.match_info["folder"], request.match_info["name"]
        path = f"cdn/{folder}/{name}"
        self._ledger.log(self._clock(), request.method, path, Body({}), request.headers)
        response = await self._cdn.serve(folder, name)
        return await self._through_faults(request, self._script.for_request(path, "", ""), lambda: response)

    async def _input_file(self, request: web.Request) -> web.StreamResponse:
        stored = self._file_store.fetch(request.match_info["key"], request.match_info["name"])
        if stored is None:
            return web.Response(status=404, text="Not Found")
        return web.Response(body=stored.data, headers={"Content-Type": stored.content_type})

    async def _nothing(self, _: web.Request) -> web.StreamResponse:
        return answers.refused(answers.unknown_path(), now_s=self._clock())
