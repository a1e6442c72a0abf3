"""What goes into one message: small ones whole, large ones smaller, the rest by link, nothing lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.discord_limits import MESSAGE_FILES
from bot.domain.job.output_file import OutputFile
from bot.view.files.fitting import Bounds, fitted, named_apart

KIB = 1024
MIB = 1024 * KIB
WHOLE = Bounds(10 * MIB, 24 * MIB)


def still(size: int, name: str = "0.png") -> OutputFile:
    return OutputFile(name, "image/png", bytes(size), f"https://cdn1.wiro.ai/{name}")


def film(size: int, name: str = "0.mp4") -> OutputFile:
    return OutputFile(name, "video/mp4", bytes(size), f"https://cdn1.wiro.ai/{name}")


async def cut(picture: OutputFile, limit_bytes: int) -> OutputFile:
    """A ladder that meets every limit exactly."""
    content = picture.content or b""
    if len(content) <= limit_bytes:
        return picture
    return replace(picture, content=content[:limit_bytes], is_reduced=True)


async def sizes(pictures: list[OutputFile], bounds: Bounds = WHOLE) -> list[int | None]:
    result = await fitted(pictures, bounds, cut)
    return [None if picture.content is None else len(picture.content) for picture in result]


async def test_what_fits_is_as_it_was() -> None:
    pictures = [still(2 * MIB), film(9 * MIB), still(5)]
    assert await fitted(pictures, WHOLE, cut) == pictures


async def test_a_small_picture_is_not_made_smaller_for_a_large_one() -> None:
    assert await sizes([still(30 * MIB), still(3 * MIB), still(MIB)]) == [10 * MIB, 3 * MIB, MIB]


async def test_several_large_pictures_share_alike() -> None:
    assert await sizes([still(30 * MIB) for _ in range(4)]) == [6 * MIB] * 4


async def test_what_a_picture_leaves_goes_to_the_larger_ones() -> None:
    made = await sizes([still(9 * MIB), still(MIB), still(9 * MIB), still(9 * MIB)])
    assert made[1] == MIB
    assert sum(size or 0 for size in made) == 24 * MIB
    assert all(size is not None and size > 7 * MIB for size in (made[0], made[2], made[3]))


async def test_what_cannot_be_made_smaller_is_whole_or_linked() -> None:
    assert await sizes([film(11 * MIB), film(9 * MIB), film(8 * MIB), film(MIB)]) == [
        *(None, 9 * MIB, 8 * MIB, MIB)
    ]
    assert await sizes([film(9 * MIB) for _ in range(4)]) == [9 * MIB, 9 * MIB, None, None]


async def test_a_film_leaves_some_room_for_stills() -> None:
    made = await sizes([film(10 * MIB), film(10 * MIB), film(3 * MIB), still(9 * MIB), still(9 * MIB)])
    assert made == [10 * MIB, None, 3 * MIB, 11 * MIB // 2, 11 * MIB // 2]


async def test_the_first_ten_are_attached_and_the_others_linked() -> None:
    made = await sizes([still(KIB, f"{n}.png") for n in range(20)])
    assert made == [KIB] * MESSAGE_FILES + [None] * 10


async def test_what_is_linked_anyhow_takes_nobodys_place() -> None:
    pictures = [film(20 * MIB, f"{n}.mp4") for n in range(5)] + [still(KIB, f"{n}.png") for n in range(12)]
    assert await sizes(pictures) == [None] * 5 + [KIB] * 10 + [None] * 2


async def test_without_any_room_everything_is_linked() -> None:
    assert await sizes([still(5), film(5)], Bounds(0, 0)) == [None, None]


async def test_a_picture_that_no_step_makes_small_enough_leaves_its_room() -> None:
    async def fails(picture: OutputFile, limit_bytes: int) -> OutputFile:
        made = await cut(picture, limit_bytes)
        return replace(picture, content=None) if picture.filename == "stubborn.png" else made

    pictures = [still(20 * MIB, "stubborn.png"), still(21 * MIB), still(22 * MIB)]
    made = await fitted(pictures, WHOLE, fails)
    assert [picture.content is None for picture in made] == [True, False, False]
    assert [len(picture.content or b"") for picture in made] == [0, 10 * MIB, 10 * MIB]


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 40 * KIB) | st.none()).map(
            lambda drawn: (
                replace((still if drawn[0] else film)(drawn[1] or 1), content=None)
                if drawn[1] is None
                else (still if drawn[0] else film)(drawn[1])
            )
        ),
        max_size=15,
    )
)
async def test_no_message_takes_more_than_it_may_and_nothing_is_lost(pictures: list[OutputFile]) -> None:
    bounds = Bounds(10 * KIB, 24 * KIB)
    made = await fitted(pictures, bounds, cut)
    attached = [len(picture.content) for picture in made if picture.content is not None]
    assert len(attached) <= MESSAGE_FILES
    assert sum(attached) <= bounds.request_bytes
    assert all(size <= bounds.file_bytes for size in attached)
    assert [picture.url for picture in made] == [picture.url for picture in pictures]
    assert all(
        after.content is None for before, after in zip(pictures, made, strict=True) if before.content is None
    )


@given(st.lists(st.sampled_from(["0.png", "0.PNG", "0-2.png", "output", "output-2", "a.b.png"]), max_size=30))
def test_names_differ_and_keep_their_endings(names: list[str]) -> None:
    named = named_apart([still(1, name) for name in names])
    assert len({picture.filename.lower() for picture in named}) == len(names)
    for before, after in zip(names, named, strict=True):
        assert after.filename.rpartition(".")[2] == before.rpartition(".")[2] or "." not in before


@pytest.mark.parametrize("names", [["0.png", "0.png", "0-2.png"]])
def test_the_first_of_a_name_keeps_it(names: list[str]) -> None:
    assert [p.filename for p in named_apart([still(1, name) for name in names])] == [
        *("0.png", "0-2.png", "0-2-2.png")
    ]
