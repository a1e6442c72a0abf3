"""Components as Discord accepts them: shapes, lengths and counts of legacy rows, V2 layouts and modals."""

from collections.abc import Callable
from typing import Any

from sandbox.discord.messages import walk_components
from sandbox.discord.problems import Json, Path, Problems

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR = (
    1, 2, 3, 4, 9, 10, 11, 12, 13, 14,
)  # fmt: skip
CONTAINER, LABEL, UPLOAD = 17, 18, 19
SELECTS = (3, 5, 6, 7, 8)
IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)

Resolve = Callable[[Path, Any], Json]
"""Turns {"url": …} at a path into a resolved media item, reporting what cannot be found."""


class ComponentCheck:
    """Checks one list of components; `resolve` fills in media. Problems are reported, not raised."""

    def __init__(self, problems: Problems, resolve: Resolve) -> None:
        self._problems = problems
        self._resolve = resolve
        self._custom_ids: set[str] = set()

    def legacy(self, rows: list[Json], at: Path) -> None:
        if len(rows) > 5:
            self._problems.add(at, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        for index, row in enumerate(rows):
            if self._is_type(row, (*at, index), (ROW,)):
                self._row(row, (*at, index))
        number_components(rows, self._problems, at)

    def layout(self, components: list[Json], at: Path) -> None:
        """Components V2: at most 40 in all, 4,000 characters of text in all."""
        for index, component in enumerate(components):
            self._v2(component, (*at, index), (*IN_CONTAINER, CONTAINER))
        everything = list(walk_components(components))
        if not everything:
            self._problems.add(at, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 40 in length.")
        if len(everything) > 40:
            self._problems.add(
                at, "COMPONENT_MAX_TOTAL_COMPONENTS", "The total number of components exceeds 40."
            )
        shown = sum(len(str(part.get("content", ""))) for part in everything if part.get("type") == TEXT)
        if shown > 4000:
            message = "The total displayable text must be 4000 or fewer in length."
            self._problems.add(at, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
        number_components(components, self._problems, at)

    def modal(self, data: Json, at: Path) -> None:
        self._problems.text((*at, "custom_id"), data.get("custom_id"), least=1, most=100, required=True)
        self._problems.text((*at, "title"), data.get("title"), least=1, most=45, required=True)
        components = self._problems.entries((*at, "components"), data.get("components"), least=1, most=5)
        for index, component in enumerate(components):
            path = (*at, "components", index)
            if not self._is_type(component, path, (ROW, TEXT, LABEL)):
                continue
            if component["type"] == ROW:
                for inner, part in enumerate(self._children(component, path, most=1)):
                    if self._is_type(part, (*path, "components", inner), (TEXT_INPUT,)):
                        self._text_input(part, (*path, "components", inner), own_label=True)
            elif component["type"] == LABEL:
                self._label(component, path)
            else:
                self._problems.text((*path, "content"), component.get("content"), most=4000, required=True)
        number_components(components, self._problems, (*at, "components"))

    def _label(self, label: Json, at: Path) -> None:
        self._problems.text((*at, "label"), label.get("label"), least=1, most=45, required=True)
        self._problems.text((*at, "description"), label.get("description"), most=100)
        part = label.get("component")
        path = (*at, "component")
        if not isinstance(part, dict):
            self._problems.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif self._is_type(part, path, (TEXT_INPUT, *SELECTS, UPLOAD, 21, 22, 23)):
            if part["type"] == TEXT_INPUT:
                self._text_input(part, path, own_label=False)
            elif part["type"] in SELECTS:
                self._select(part, path)
            elif part["type"] == UPLOAD:
                self._upload(part, path)
            else:
                self._custom_id(part, path)

    def _text_input(self, part: Json, at: Path, *, own_label: bool) -> None:
        self._custom_id(part, at)
        self._problems.choice((*at, "style"), part.get("style"), (1, 2))
        if own_label:
            self._problems.text((*at, "label"), part.get("label"), least=1, most=45, required=True)
        self._problems.whole((*at, "min_length"), part.get("min_length"), least=0, most=4000)
        self._problems.whole((*at, "max_length"), part.get("max_length"), least=1, most=4000)
        self._problems.text((*at, "placeholder"), part.get("placeholder"), most=100)
        most = part.get("max_length")
        self._problems.text((*at, "value"), part.get("value"), most=most if isinstance(most, int) else 4000)

    def _v2(self, part: Json, at: Path, allowed: tuple[int, ...]) -> None:
        if not self._is_type(part, at, allowed):
            return
        match part["type"]:
            case 1:
                self._row(part, at)
            case 9:
                self._section(part, at)
            case 10:
                self._problems.text((*at, "content"), part.get("content"), least=1, most=4000, required=True)
            case 12:
                for index, item in enumerate(
                    self._problems.entries((*at, "items"), part.get("items"), least=1, most=10)
                ):
                    self._media(item, (*at, "items", index), "media")
            case 13:
                self._media(part, at, "file", attachment_only=True)
            case 14:
                if part.get("spacing") is not None:
                    self._problems.choice((*at, "spacing"), part["spacing"], (1, 2))
            case 17:
                self._problems.whole((*at, "accent_color"), part.get("accent_color"), least=0, most=0xFFFFFF)
                for index, child in enumerate(self._children(part, at, most=40)):
                    self._v2(child, (*at, "components", index), IN_CONTAINER)

    def _section(self, part: Json, at: Path) -> None:
        for index, child in enumerate(self._children(part, at, most=3)):
            self._v2(child, (*at, "components", index), (TEXT,))
        accessory = part.get("accessory")
        path = (*at, "accessory")
        if not isinstance(accessory, dict):
            self._problems.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif self._is_type(accessory, path, (BUTTON, THUMBNAIL)):
            if accessory["type"] == BUTTON:
                self._button(accessory, path)
            else:
                self._media(accessory, path, "media")

    def _media(self, part: Json, at: Path, key: str, *, attachment_only: bool = False) -> None:
        self._problems.text((*at, "description"), part.get("description"), most=1024)
        media = part.get(key)
        path = (*at, key, "url")
        url = media.get("url") if isinstance(media, dict) else None
        if attachment_only and isinstance(url, str) and not url.startswith("attachment://"):
            # An edit may send back what the message already holds, by its own address.
            self._problems.add(
                path, "UNFURLED_MEDIA_ITEM_NOT_ATTACHMENT", "Only attachment:// references are allowed"
            )
        elif not isinstance(url, str):
            self._problems.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        else:
            part[key] = self._resolve(path, url)

    def _row(self, row: Json, at: Path) -> None:
        children = self._children(row, at, most=5)
        for index, child in enumerate(children):
            path = (*at, "components", index)
            if not self._is_type(child, path, (BUTTON, *SELECTS)):
                continue
            if child["type"] == BUTTON:
                self._button(child, path)
            else:
                self._select(child, path)
                if len(children) > 1:
                    self._problems.add(
                        path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A select takes a row of its own"
                    )

    def _button(self, button: Json, at: Path) -> None:
        self._problems.text((*at, "label"), button.get("label"), most=80)
        if not self._problems.choice((*at, "style"), button.get("style"), (1, 2, 3, 4, 5, 6)):
            return
        if button["style"] == 5:
            self._problems.text((*at, "url"), button.get("url"), least=1, most=512, required=True)
            if button.get("custom_id"):
                self._problems.add(
                    at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A link has no custom id"
                )
        elif button["style"] != 6:
            self._custom_id(button, at)
        if not button.get("label") and not button.get("emoji"):
            self._problems.add(at, "BUTTON_COMPONENT_INVALID_LABEL", "A button must have a label or emoji")

    def _select(self, select: Json, at: Path) -> None:
        self._custom_id(select, at)
        self._problems.text((*at, "placeholder"), select.get("placeholder"), most=150)
        self._problems.whole((*at, "min_values"), select.get("min_values"), least=0, most=25)
        self._problems.whole((*at, "max_values"), select.get("max_values"), least=1, most=25)
        if select["type"] != STRING_SELECT:
            return
        path = (*at, "options")
        values = set()
        for index, option in enumerate(self._problems.entries(path, select.get("options"), least=1, most=25)):
            self._problems.text(
                (*path, index, "label"), option.get("label"), least=1, most=100, required=True
            )
            value = self._problems.text((*path, index, "value"), option.get("value"), most=100, required=True)
            self._problems.text((*path, index, "description"), option.get("description"), most=100)
            if value in values:
                code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
                self._problems.add(
                    (*path, index, "value"), code, "The specified option value is already used"
                )
            values.add(value)

    def _upload(self, part: Json, at: Path) -> None:
        self._custom_id(part, at)
        self._problems.whole((*at, "min_values"), part.get("min_values"), least=0, most=10)
        self._problems.whole((*at, "max_values"), part.get("max_values"), least=1, most=10)

    def _custom_id(self, part: Json, at: Path) -> None:
        path = (*at, "custom_id")
        custom_id = self._problems.text(path, part.get("custom_id"), least=1, most=100, required=True)
        if custom_id in self._custom_ids:
            self._problems.add(
                path, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        self._custom_ids.add(custom_id)

    def _children(self, part: Json, at: Path, *, most: int) -> list[Json]:
        return self._problems.entries((*at, "components"), part.get("components"), least=1, most=most)

    def _is_type(self, part: Json, at: Path, allowed: tuple[int, ...]) -> bool:
        if part.get("type") in allowed:
            return True
        listed = ", ".join(str(one) for one in allowed)
        self._problems.add(
            (*at, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({listed},).'
        )
        return False


def number_components(components: list[Json], problems: Problems, at: Path) -> None:
    """Gives every component without an id the next free one; an id twice is refused."""
    taken: set[int] = set()
    everything = list(walk_components(components))
    for part in everything:
        chosen = part.get("id")
        if chosen and chosen in taken:
            problems.add(at, "COMPONENT_ID_DUPLICATED", f"Component id {chosen} cannot be duplicated")
        elif chosen:
            taken.add(chosen)
    following = 1
    for part in everything:
        if not part.get("id"):
            while following in taken:
                following += 1
            part["id"] = following
            taken.add(following)
