"""The stand-in's language model: thinks a little, then answers about the prompt in Markdown, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.wiro.painter import Subject, chance_of

_THOUGHTS = (
    "The question is about {topic}.",
    "A short list would help the reader.",
    "Some code may be useful, too; it should stay in one piece.",
)
_OPENINGS = ("Here is what there is to say about", "A few words on", "Gladly. This is about")
_WORDS = (
    *(
        "light",
        "colour",
        "shape",
        "line",
        "depth",
        "tone",
        "grain",
        "edge",
        "frame",
        "quiet",
        "bold",
        "gentle",
    ),
    *(
        "distant",
        "warm",
        "cold",
        "clear",
        "layer",
        "mood",
        "detail",
        "balance",
        "motion",
        "texture",
        "shadow",
    ),
)
PIECES = 24  # frames that an answer comes in, about


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that was said up to a moment."""

    thinking: str
    answer: str
    is_thinking: bool

    def as_wire(self) -> dict[str, Any]:
        """`message` of a task_output frame: the pieces so far, in the lists that Wiro's docs show."""
        return {
            "raw": f"<think>{self.thinking}</think>{self.answer}" if self.thinking else self.answer,
            "thinking": [self.thinking] if self.thinking else [],
            "answer": [self.answer] if self.answer else [],
            "isThinking": self.is_thinking,
        }


def written(subject: Subject, characters: int) -> Said:
    """The whole answer: about `characters` long, always the same for the same request."""
    chance = chance_of(subject.model, subject.prompt, subject.seed, subject.index)
    topic = " ".join(subject.prompt.split())[:120] or "nothing in particular"
    thinking = " ".join(thought.format(topic=topic) for thought in _THOUGHTS)
    lines = [f"{chance.choice(_OPENINGS)} **{topic}**.", ""]
    lines += [f"{number}. {_sentence(chance, 8)}" for number in range(1, 4)]
    lines += ["", "```python", f'print("{chance.choice(_WORDS)}")', "```", ""]
    length = sum(len(line) + 1 for line in lines)
    while length < characters:
        lines.append(" ".join(_sentence(chance, chance.randint(6, 14)) for _ in range(4)))
        lines.append("")
        length += len(lines[-2]) + 2
    return Said(thinking, "\n".join(lines).strip()[: max(1, characters)], is_thinking=False)


def pieces(whole: Said) -> Iterator[Said]:
    """What is said at each moment, growing: first the thoughts, then the answer."""
    for part in range(1, 4):
        yield Said(whole.thinking[: len(whole.thinking) * part // 3], "", is_thinking=True)
    for part in range(1, PIECES + 1):
        yield Said(whole.thinking, whole.answer[: len(whole.answer) * part // PIECES], is_thinking=False)


def _sentence(chance: Any, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize() + "."
