"""What is wrong with a request: its prompt, options, files or style."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.errors import Refusal


class PromptFault(Enum):
    """Why a prompt was not taken."""

    EMPTY = auto()
    TOO_LONG = auto()
    UNFOLDS = auto()  # each of its characters stands for many letters


@dataclass(eq=False)
class PromptRefused(Refusal):
    """The prompt (or the negative prompt) cannot be sent."""

    fault: PromptFault
    length: int
    limit: int


@dataclass(eq=False)
class OptionRefused(Refusal):
    """A value outside its bounds (`minimum`..`maximum`), or an option the model does not have (both None)."""

    option: str
    value: str
    minimum: str | None = None
    maximum: str | None = None
    model: str | None = None


@dataclass(eq=False)
class OptionsConflict(Refusal):
    """Two options that cannot be given together."""

    one: str
    other: str


@dataclass(eq=False)
class OptionAlone(Refusal):
    """An option that means something only together with another one."""

    option: str
    needs: str


@dataclass(eq=False)
class PictureNotTaken(Refusal):
    """A picture was given to a model that takes none. `takers` are slugs of models that take one."""

    model: str
    takers: tuple[str, ...] = ()


class InputFault(Enum):
    """Why a file cannot go into a run."""

    EMPTY = auto()
    TOO_LARGE = auto()  # more bytes than Wiro takes
    NOT_A_PICTURE = auto()  # `detail` is what it is
    DAMAGED = auto()
    TOO_MANY_PIXELS = auto()  # `detail` is the size
    ANIMATED = auto()  # several frames, where models take a still picture
    METADATA = auto()  # what it tells beside the picture could not be left out
    UNAVAILABLE = auto()  # it could not be fetched
    NO_PICTURE = auto()  # a message or result without one
    FORGOTTEN = auto()  # a form was opened for it before a restart, or long ago


@dataclass(eq=False)
class InputRefused(Refusal):
    """A file that cannot go into a run: nothing was held."""

    filename: str
    fault: InputFault
    detail: str = ""
    size_bytes: int | None = None  # where it is too large, as far as anybody says


class StyleFault(Enum):
    """What is wrong with a style."""

    NAME = auto()  # nothing to be seen in it, or too long
    EMPTY = auto()  # no text
    TOO_LONG = auto()  # its text
    TOO_LONG_TOGETHER = auto()  # style and prompt in one
    TOO_MANY = auto()  # a member has as many as they can have
    TOO_MANY_PINNED = auto()
    UNKNOWN = auto()


@dataclass(eq=False)
class StyleRefused(Refusal):
    """A style that cannot be kept or used. `limit` is in characters, or styles."""

    fault: StyleFault
    name: str
    limit: int = 0
