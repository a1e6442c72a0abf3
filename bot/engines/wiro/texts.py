"""What language models say, in outputs and on the socket: thoughts and answers, in every spelling so far."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from bot.domain.job.job import StreamedText
from bot.engines.wiro.scalars import as_list, as_objects, as_text, as_truth, decoded

# Of what was said so far; the whole answer comes with Task/Detail.
MAX_ANSWER_TAIL: Final = 20_000
MAX_THINKING_TAIL: Final = 60_000

# `segments` since autumn 2026, the two lists before (Wiro docs, LLM & Chat Streaming, 2026).
_KEYS: Final = frozenset({"segments", "answer", "thinking", "isThinking"})
_THOUGHT: Final = re.compile(r"<think>(.*?)(?:</think>|\Z)\s*", re.DOTALL)
_LANGUAGE_CATEGORIES: Final = ("llm", "chat", "text-to-text", "text-generation")


def said(content: Mapping[str, object]) -> tuple[str, str]:
    """(answer, thoughts) of the content of an output or of a streamed message; blank ones are empty."""
    raw = as_text(content.get("raw"))
    segments = as_objects(content.get("segments"))
    if segments:
        answer, thinking = _of_segments(segments, "answer"), _of_segments(segments, "thinking")
    else:
        answer = _joined(_texts(content.get("answer")), raw)
        thinking = _joined(_texts(content.get("thinking")), raw)
    if (
        not answer.strip()
        and raw.strip() != thinking.strip()
        and as_truth(content.get("isThinking")) is not True
    ):
        answer = _THOUGHT.sub("", raw)
        thinking = thinking or "\n\n".join(_THOUGHT.findall(raw))
    return answer if answer.strip() else "", thinking if thinking.strip() else ""


def speech(message: object) -> StreamedText | None:
    """What a model has said by this message of a task_output frame; None where it is none of speech.

    Every message has all that was said so far.
    """
    content = decoded(message)
    if not isinstance(content, dict) or not _KEYS & content.keys():
        return None
    answer, thinking = said(content)
    if not answer and not thinking:
        return None
    cut_answer = max(0, len(answer) - MAX_ANSWER_TAIL)
    cut_thinking = max(0, len(thinking) - MAX_THINKING_TAIL)
    is_thinking = as_truth(content.get("isThinking")) is True
    return StreamedText(answer[cut_answer:], thinking[cut_thinking:], is_thinking, cut_answer, cut_thinking)


def is_language(categories: object) -> bool:
    """Whether a task's categories are those of a language model."""
    names = [as_text(name).strip().lower() for name in as_list(categories)]
    return any(word in name for name in names for word in _LANGUAGE_CATEGORIES)


def _of_segments(segments: Sequence[Mapping[str, object]], kind: str) -> str:
    texts = [as_text(part.get("text")) for part in segments if as_text(part.get("type")).lower() == kind]
    return "\n\n".join(text for text in texts if text)


def _texts(value: object) -> list[str]:
    parts = as_list(value)
    if not parts and isinstance(value, str):
        return [as_text(value)]
    return [text for part in parts if (text := as_text(part))]


def _joined(parts: Sequence[str], raw: str) -> str:
    """Pieces of one text, or texts of their own: `raw`, where it is given, shows how they belong together."""
    if len(parts) < 2:
        return "".join(parts)
    for between in ("", "\n", "\n\n"):
        if raw and (whole := between.join(parts)) in raw:
            return whole
    touch = any(left[-1:].isspace() or right[:1].isspace() for left, right in pairwise(parts))
    return ("" if touch else "\n").join(parts)
