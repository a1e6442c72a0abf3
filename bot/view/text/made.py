"""What a job made, in a word: a picture, an answer, a film, a sound, a file, or several of them."""

from __future__ import annotations

import mimetypes
from typing import Final

from bot.domain.job.job import Job, Output

_NOUNS: Final = {"image": "picture", "video": "film", "audio": "sound"}


def outputs_noun(job: Job) -> tuple[str, bool]:
    """The noun, and whether it stands for several: ``("pictures", True)``. Without any it is a result."""
    kinds = [_kind(output) for output in job.outputs]
    if "answer" in kinds:  # several answers are one text
        kinds = ["answer", *(kind for kind in kinds if kind != "answer")]
    noun = kinds[0] if len(set(kinds)) == 1 else "result"
    is_several = len(kinds) > 1
    return (f"{noun}s", True) if is_several else (noun, False)


def format_the_outputs(job: Job) -> str:
    """``The picture is``, ``The answers are``: a sentence goes on from there."""
    noun, is_several = outputs_noun(job)
    return f"The {noun} {'are' if is_several else 'is'}"


def format_an_output(job: Job) -> str:
    """``A picture was``, ``An answer was``, ``Films were``."""
    noun, is_several = outputs_noun(job)
    if is_several:
        return f"{noun.capitalize()} were"
    return f"{'An' if noun[0] in 'aeiou' else 'A'} {noun} was"


def _kind(output: Output) -> str:
    if output.text is not None:
        return "answer"
    content_type = output.content_type
    named = content_type if "/" in content_type else mimetypes.guess_type(output.name)[0] or ""
    return _NOUNS.get(named.partition("/")[0], "file")
