"""What a person does on the page, done in the simulated Discord one action at a time, answered in words."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import simcord

from bot.runtime.bounded import BoundedDict
from sandbox.demo.page_commands import Refusal, entity, file_value, option_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import discord

    from sandbox.demo.page_rooms import Json, Room, World
    from sandbox.demo.page_state import StateWriter

_MODALS_KEPT = 50
_SELECT_KINDS = {5: "user", 6: "role", 7: "mentionable", 8: "channel"}
_STRING_SELECT, _TEXT_INPUT, _FILE_UPLOAD = 3, 4, 19
_RADIO_GROUP, _CHECKBOX_GROUP, _CHECKBOX = 21, 22, 23

_GONE = "That message is gone."
_SILENT = "The application did not respond. Look at the terminal for the reason, then try again."
_STILL_BUSY = "The bot is still at work on that; its answer will appear by itself."


class Actions:
    """Carries out the page's requests. `lock` is the clock's too: simcord takes one operation at a time."""

    def __init__(self, world: World, state: StateWriter, lock: asyncio.Lock) -> None:
        self._world = world
        self._state = state
        self._lock = lock
        self._modals: BoundedDict[str, tuple[Room, simcord.InteractionResult]] = BoundedDict(_MODALS_KEPT)
        self._handles = itertools.count(1)
        self.count = 0
        self._verbs: dict[str, Callable[[Room, Json], Awaitable[Json]]] = {
            "slash": self._slash,
            "autocomplete": self._autocomplete,
            "click": self._click,
            "select": self._select,
            "modal": self._modal,
            "menu": self._menu,
            "send": self._send,
            "delete": self._delete,
            "dismiss": self._dismiss,
        }

    async def perform(self, verb: str, body: Any) -> Json:
        """Do one thing and return `{"ok": True}` with, by kind, `notice`, `modal` or `choices`.

        Every body names `viewer` and `channel`. Raises Refusal with the sentence to show.
        """
        do = self._verbs.get(verb)
        if do is None or not isinstance(body, dict):
            raise Refusal("This page is older than its server. Reload it.")
        room = self._world.room(_text(body, "viewer"), _text(body, "channel"))
        if room is None:
            raise Refusal("You cannot see that channel any more. Choose another on the left.")
        try:
            return await do(room, body)
        except simcord.OptionError as error:
            raise Refusal(_option_sentence(error), option=error.option) from error
        except simcord.SetupError as error:
            raise Refusal(_setup_sentence(error)) from error
        except simcord.BackendError as error:
            raise Refusal(_backend_sentence(error)) from error
        finally:
            self.count += 1

    async def _interact(
        self, room: Room, operation: Callable[[], Awaitable[simcord.InteractionResult]]
    ) -> Json:
        """Run one interaction and tell what came of it."""
        async with self._lock:
            cursor = self._world.env.error_cursor
            try:
                result = await operation()
            except TimeoutError:
                return {"ok": True, "notice": _STILL_BUSY}
            errors = self._world.env.errors_since(cursor)
        answer: Json = {"ok": True}
        if errors and not result.acknowledged:  # otherwise the bot has said itself what went wrong
            first = str(errors[0]).splitlines() or [""]
            answer["notice"] = f"The bot's code failed: {type(errors[0]).__name__}: {first[0]}"
        elif not result.acknowledged:
            answer["notice"] = _SILENT
        modal = result.modal
        if modal is not None:
            answer["modal"] = modal | {"handle": self._keep_modal(room, result)}
        return answer

    def _keep_modal(self, room: Room, result: simcord.InteractionResult) -> str:
        handle = str(next(self._handles))
        self._modals[handle] = (room, result)
        return handle

    async def _slash(self, room: Room, body: Json) -> Json:
        name = _text(body, "name")
        options = option_values(self._world, room, name, _mapping(body, "options"))
        return await self._interact(room, lambda: room.slash(name, options))

    async def _autocomplete(self, room: Room, body: Json) -> Json:
        name = _text(body, "name")
        filled: Json = {}
        for key, value in _mapping(body, "options").items():
            try:
                filled |= option_values(self._world, room, name, {key: value})
            except Refusal:
                continue  # another option is half-typed, as it may be while this one is looked up
        async with self._lock:
            try:
                choices = await room.autocomplete(name, _text(body, "option"), _text(body, "typed"), filled)
            except TimeoutError:
                choices = []
        return {"ok": True, "choices": [{"name": c["name"], "value": c["value"]} for c in choices]}

    async def _click(self, room: Room, body: Json) -> Json:
        message, custom_id = self._message(room, body), _text(body, "custom_id")
        _component(message, custom_id, "button")
        return await self._interact(room, lambda: room.click(message, custom_id))

    async def _select(self, room: Room, body: Json) -> Json:
        message, custom_id = self._message(room, body), _text(body, "custom_id")
        menu = _component(message, custom_id, "menu")
        values = [_select_value(self._world, menu, raw) for raw in _items(body, "values")]
        return await self._interact(room, lambda: room.select(message, custom_id, values))

    async def _modal(self, room: Room, body: Json) -> Json:
        handle = _text(body, "handle")
        opened_in, shown = self._modals.get(handle, (None, None))
        if shown is None or opened_in is None or opened_in.viewer.key != room.viewer.key:
            raise Refusal("This form has expired. Close it and open it again.")
        controls = {control["custom_id"]: control for control in _controls(shown.modal or {})}
        values = {}
        for custom_id, raw in _mapping(body, "values").items():
            control = controls.get(custom_id)
            if control is None:
                raise Refusal("This form has changed. Close it and open it again.")
            values[custom_id] = _modal_value(self._world, control, raw)
        answer = await self._interact(opened_in, lambda: opened_in.submit_modal(shown, values))
        self._modals.pop(handle, None)
        return answer

    async def _menu(self, room: Room, body: Json) -> Json:
        name = _text(body, "name")
        if "user" in body:
            person = self._world.person(_text(body, "user"))
            if person is None:
                raise Refusal("Apps can be used on the members of this server only.")
            return await self._interact(room, lambda: room.context_menu(name, person))
        message = self._message(room, body)
        return await self._interact(room, lambda: room.context_menu(name, message))

    async def _send(self, room: Room, body: Json) -> Json:
        content = _text(body, "content")
        files = [file_value(raw, option="attachment") for raw in _items(body, "files")]
        if not content.strip() and not files:
            raise Refusal("Write something first, or type / for a command.")
        if len(content) > 2000:
            raise Refusal("A message can have 2,000 characters at most; shorten it.")
        async with self._lock:
            try:
                await room.send(content, files)
            except TimeoutError:
                return {"ok": True, "notice": _STILL_BUSY}
        return {"ok": True}

    async def _delete(self, room: Room, body: Json) -> Json:
        message = self._message(room, body)
        async with self._lock:
            try:
                await room.delete(message)
            except TimeoutError:
                return {"ok": True, "notice": _STILL_BUSY}
        return {"ok": True}

    async def _dismiss(self, room: Room, body: Json) -> Json:
        message = self._message(room, body)
        if not message.flags.ephemeral:
            raise Refusal("Only answers that nobody else can see are dismissed.")
        self._state.dismiss(room.viewer, str(message.id))
        return {"ok": True}

    def _message(self, room: Room, body: Json) -> discord.Message:
        message = room.message(_text(body, "message"))
        if message is None:
            raise Refusal(_GONE)
        return message


def _component(message: discord.Message, custom_id: str, what: str) -> Json:
    found = next(
        (c for row in message.components for c in _walk(row.to_dict()) if c.get("custom_id") == custom_id),
        None,
    )
    if found is None:
        raise Refusal(f"That {what} is no longer there; the message has changed.")
    if found.get("disabled"):
        raise Refusal(f"That {what} cannot be used now.")
    return found


def _walk(node: Any) -> list[Json]:
    if isinstance(node, list):
        return [found for item in node for found in _walk(item)]
    if not isinstance(node, dict):
        return []
    inside = [found for key in ("components", "accessory", "component") for found in _walk(node.get(key))]
    return [node, *inside]


def _controls(modal: Json) -> list[Json]:
    return [node for node in _walk(modal.get("components")) if "custom_id" in node]


def _select_value(world: World, menu: Json, raw: Any) -> Any:
    if not isinstance(raw, str):
        raise Refusal("Choose from the list.")
    if menu["type"] == _STRING_SELECT:
        return raw
    kind = _SELECT_KINDS.get(menu["type"])
    if kind is None:
        raise Refusal("That is not a menu.")
    return entity(world, kind, raw, option=menu.get("placeholder") or kind)


def _modal_value(world: World, control: Json, raw: Any) -> Any:
    kind, custom_id = control["type"], control["custom_id"]
    single: dict[int, type[Any]] = {_TEXT_INPUT: str, _RADIO_GROUP: str, _CHECKBOX: bool}
    if not isinstance(raw, single.get(kind, list)):
        raise Refusal("Fill in this field.", option=custom_id)
    if kind == _FILE_UPLOAD:
        return [file_value(item, option="file") for item in raw]
    if kind == _STRING_SELECT or kind in _SELECT_KINDS:
        return [_select_value(world, control, item) for item in raw]
    if kind == _CHECKBOX_GROUP and not all(isinstance(item, str) for item in raw):
        raise Refusal("Choose from the list.", option=custom_id)
    return raw


def _option_sentence(error: simcord.OptionError) -> str:
    """simcord's text is "Option 'steps' of 'imagine' must be ≤ 100, got 200"; its end says what is wrong."""
    name = error.option or "an option"
    if error.code == "option-required":
        return f"Fill in “{name}”: it is required."
    if error.code == "option-choice":
        return f"Choose one of the offered values for “{name}”."
    _, found, reason = str(error).partition(f"Option '{error.option}' of ")
    return f"“{name}” {reason.split(' ', 1)[-1]}." if found and " " in reason else f"{error}."


def _setup_sentence(error: simcord.SetupError) -> str:
    text = str(error).splitlines()[0]
    for technical, plain in (
        ("is not visible to this user", "You may not use that command here."),
        ("No application command named", "That command does not exist any more. Type / to see the others."),
        ("was never synced", "The bot has not registered that command yet. Try again in a moment."),
        ("operation overlaps", "Something else is going on. Try again in a moment."),
        ("That message is not visible", _GONE),
        ("already been submitted", "This form was already sent."),
    ):
        if technical in text:
            return plain
    return text.split(" — ", 1)[0].rstrip(".") + "."


def _backend_sentence(error: simcord.BackendError) -> str:
    match error.code:
        case 10008:
            return _GONE
        case 50013 | 50001:
            return "You lack the permission to do that here."
        case _:
            return f"Discord refused: {error.message.rstrip('.')}."


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise Refusal("This page is older than its server. Reload it.")
    return value


def _mapping(body: Json, key: str) -> Json:
    value = body.get(key, {})
    if not isinstance(value, dict):
        raise Refusal("This page is older than its server. Reload it.")
    return value


def _items(body: Json, key: str) -> list[Any]:
    value = body.get(key, [])
    if not isinstance(value, list):
        raise Refusal("This page is older than its server. Reload it.")
    return value
