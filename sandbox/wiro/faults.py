"""What can go wrong: with a request, with a task, with a connection. fault_script.py says when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias


class Moment(Enum):
    """Whether a request fault strikes before the request takes effect or after it."""

    BEFORE = auto()
    AFTER = auto()


# Request faults -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """The given answer instead of the true one."""

    http_status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    moment: Moment = Moment.BEFORE


@dataclass(frozen=True, slots=True)
class Refuse:
    """Wiro's own refusal with this code and message."""

    code: int
    message: str
    http_status: int = 200


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection breaks without an answer; after the effect, unless said otherwise."""

    moment: Moment = Moment.AFTER


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer comes `seconds` late (real ones, whatever the pace); None: not before the server stops."""

    seconds: float | None
    moment: Moment = Moment.AFTER


RequestFault: TypeAlias = Answer | Refuse | Drop | Wait

BUSY = Refuse(
    96,
    "You have reached your concurrent task limit. With your current balance of $50.00, you can run up to 5 "
    "tasks at the same time. Add funds to increase your limit.",
)
NO_FUNDS = Refuse(97, "Insufficient balance")
SIGN_IN = Refuse(98, "sign in to run this model")
UNAUTHORISED = Refuse(0, "Project authorization is not valid.", http_status=401)
FORBIDDEN = Refuse(0, "Requested ip 127.0.0.1 is not allowed.", http_status=403)
GARBAGE = Answer(200, b"<!doctype html><title>Just a moment...</title>", "text/html")


def rate_limited(retry_after_s: int) -> Answer:
    body = b'{"result":false,"errors":[{"code":0,"message":"Too many requests."}]}'
    return Answer(429, body, headers=(("Retry-After", str(retry_after_s)),))


def server_error(http_status: int = 502, *, moment: Moment = Moment.BEFORE) -> Answer:
    """A gateway's 5xx; with Moment.AFTER the request took effect all the same."""
    return Answer(http_status, b"<html><h1>Bad gateway</h1></html>", "text/html", moment=moment)


# Task faults --------------------------------------------------------------------------------------------


class Spoilt(Enum):
    """What the CDN gives instead of the picture, always announced as image/png."""

    HTML = auto()
    SVG = auto()
    TRUNCATED = auto()
    PIXEL_BOMB = auto()  # some 100 kB that claim, and hold, 30,000 x 30,000 pixels
    GZIP_BOMB = auto()  # Content-Encoding: gzip, 256 MiB when unpacked
    HUGE = auto()  # a sound PNG of 30 MB
    EMPTY = auto()
    REDIRECT = auto()


@dataclass(frozen=True, slots=True)
class FailTask:
    """pexit "1", no outputs, nothing billed, `stderr` as debugerror."""

    stderr: str = "RuntimeError: CUDA out of memory. Tried to allocate 2.25 GiB"


@dataclass(frozen=True, slots=True)
class StderrNoise:
    """Each line a task_error frame while the task runs on unharmed."""

    lines: tuple[str, ...] = (
        "FutureWarning: `torch_dtype` is deprecated!",
        "Token indices sequence length is longer than 77",
    )


@dataclass(frozen=True, slots=True)
class NoOutputs:
    """pexit "0" and billed, yet outputs []."""


@dataclass(frozen=True, slots=True)
class Bill:
    """`totalcost` says this text at the end, whatever the end is: "NaN", "1e9", "-1"."""

    totalcost: str


@dataclass(frozen=True, slots=True)
class LateCharge:
    """Whatever ran is charged `seconds` of the clock after its end, also where it was stopped or failed.

    Until then `totalcost` says `shown`; None is the null of a charge that is not recorded yet (Wiro's page of
    get_task_price, Nov 2026: both happen). `totalcost` None: as much as if it had succeeded.
    """

    seconds: float
    shown: str | None = "0"
    totalcost: str | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """Everything takes, and bills, `factor` times as long."""

    factor: float = 4.0


@dataclass(frozen=True, slots=True)
class Hold:
    """Stays `seconds` of the pace in the status `at`, e.g. "task_queue"."""

    at: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ListLag:
    """Missing from Task/List for `seconds` of the clock after its Run."""

    seconds: float


@dataclass(frozen=True, slots=True)
class LateCdn:
    """The pictures answer `http_status` for `seconds` of the clock after the task's end."""

    seconds: float
    http_status: int = 404


@dataclass(frozen=True, slots=True)
class Spoil:
    """Another file at the picture's address. `location` is where a REDIRECT points."""

    how: Spoilt
    location: str = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True, slots=True)
class OutputUrl:
    """The outputs name this address instead of the CDN's."""

    url: str


@dataclass(frozen=True, slots=True)
class DropSocket:
    """Breaks every connection listening to the task instead of sending frame type `at`, `breaks` times.

    `close_code` None resets the transport; a number closes in good order with that code.
    """

    at: str = "task_output"
    close_code: int | None = None
    breaks: int = 1


@dataclass(frozen=True, slots=True)
class Mute:
    """Frames of these types never leave for the task; no types: none leaves at all."""

    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Each frame comes `copies` times."""

    copies: int = 2


@dataclass(frozen=True, slots=True)
class Reorder:
    """Frames change places in pairs; none is lost."""


@dataclass(frozen=True, slots=True)
class Strange:
    """Between the true frames: unknown types, broken JSON, odd shapes, bytes."""


FrameFault: TypeAlias = DropSocket | Mute | Duplicate | Reorder | Strange
TaskFault: TypeAlias = (
    FailTask
    | StderrNoise
    | NoOutputs
    | Bill
    | LateCharge
    | Slow
    | Hold
    | ListLag
    | LateCdn
    | Spoil
    | OutputUrl
    | FrameFault
)


# Socket faults ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SilentSocket:
    """Takes the connection and every message, sends nothing, not even `connected`."""


@dataclass(frozen=True, slots=True)
class OneTaskPerSocket:
    """Only the connection's first registration is served."""


@dataclass(frozen=True, slots=True)
class RefuseSocket:
    """No upgrade, an HTTP status instead."""

    http_status: int = 503


SocketFault: TypeAlias = SilentSocket | OneTaskPerSocket | RefuseSocket
Fault: TypeAlias = RequestFault | TaskFault | SocketFault
