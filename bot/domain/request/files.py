"""Files on their way into a run: where they come from, what they hold, where Wiro keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

NOBODY: Final = 0  # as an owner who is not known
MAX_FILE_BYTES: Final = 100 * 1024 * 1024  # what Wiro takes in one file (Wiro docs, Files, Aug 2026)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that goes into a run.

    `parameter_id` names the model's input, empty for its picture input. `source_url` is where we fetch it:
    Discord's CDN, or Wiro's where `is_output` says that Wiro made it; `spare_url` is Discord's copy of that.
    `stored_url` is where Wiro keeps it once it was uploaded. `is_picture`: nothing else will do. `owner_id`:
    whose it is, None for whoever asks. `is_made_here`: this bot made it, whatever copy of it is used.
    """

    parameter_id: str
    source_url: str
    filename: str
    content_type: str = ""
    size_bytes: int | None = None
    stored_url: str | None = None
    spare_url: str | None = None
    is_picture: bool = False
    is_output: bool = False
    owner_id: int | None = None
    is_made_here: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to send: its bytes and the input (`parameter_id`) they are for."""

    parameter_id: str
    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A folder or file kept at Wiro. A folder has no `url`."""

    file_id: str
    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was sent to Wiro's store, and may be there still.

    `url` is None where Wiro never answered. `task_id` is the task that it went into: Wiro deletes files with
    their task alone (Wiro docs, Tasks and Files, Aug 2026; no client of 2026 has a call for a file).
    """

    upload_id: int
    guild_id: int  # 0 in direct messages
    file_id: str | None
    url: str | None
    sent_at_s: float
    task_id: str | None


def counted(files: Sequence[InputFile]) -> Mapping[str, int]:
    """How many files go into each input."""
    return Counter(file.parameter_id for file in files)
