"""When Wiro fails: one clear sentence, the hold given back, the bot still there."""

from __future__ import annotations

import pytest

from sandbox.wiro.faults import (
    FORBIDDEN,
    GARBAGE,
    UNAUTHORISED,
    Bill,
    FailTask,
    LateCdn,
    OutputUrl,
    Refuse,
    rate_limited,
    server_error,
)
from tests.e2e.bot.bot_world import Build, World


async def is_returned(world: World) -> bool:
    """Whether nothing is used or held of alice's day."""
    text = await world.ask(world.alice, "quota")
    return "0 of 50 used, 0 held" in text and "$0.00 of $2.00 used, $0.00 held" in text


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("[fail]", "The model could not make this picture: RuntimeError: CUDA out of memory."),
        ("[html]", "Wiro answered with something that cannot be shown: a web page instead of a picture."),
        (
            "[svg]",
            "Wiro answered with something that cannot be shown: an SVG drawing, which could carry code.",
        ),
        ("[cut]", "Wiro answered with something that cannot be shown: a picture that is cut off."),
        ("[bomb]", "a picture of 30000x30000 pixels, more than can be opened safely."),
        ("[gzip]", "Wiro answered with something that cannot be shown: a packed file, as bombs are."),
        ("[empty]", "Wiro answered with something that cannot be shown: an empty file."),
        ("[redirect]", "Wiro answered with something that cannot be shown: a redirect to another place."),
        ("[nothing]", "Wiro answered with something that cannot be shown: no output at all."),
        ("[funds]", "The bot's Wiro account has run out of money."),
    ],
)
async def test_a_failure_is_one_sentence_and_costs_nothing(world: World, prompt: str, sentence: str) -> None:
    asked, card = await world.draw(world.alice, prompt)
    assert sentence in card.text
    assert "charged" in card.text
    assert card.pictures == ()
    assert asked.response.message.attachments == []
    assert {"Info", "Delete"} < set(card.buttons)
    assert await is_returned(world)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (UNAUTHORISED, "Wiro does not accept the bot's key."),
        (FORBIDDEN, "Wiro does not accept the bot's key."),
        (
            Refuse(0, "Request parameter [steps] must be *smaller*"),
            "Wiro did not take this request: Request parameter \\[steps\\] must be \\*smaller\\*.",
        ),
        (
            Refuse(98, "sign in to run this model"),
            "Wiro did not take this request: sign in to run this model.",
        ),
    ],
)
async def test_a_refused_run_says_why(world: World, fault: Refuse, sentence: str) -> None:
    world.wiro.faults.add(fault, path="Run/")
    _, card = await world.draw(world.alice, "a mill")
    assert sentence in card.text
    assert "Nothing was charged" in card.text
    assert world.tasks == ()
    assert await is_returned(world)


@pytest.mark.parametrize("fault", [server_error(), GARBAGE], ids=["502", "a page of HTML"])
async def test_a_run_that_nobody_answered_is_given_up_after_its_grace(build: Build, fault: object) -> None:
    world = await build(unknown_grace_s=0.2)
    world.wiro.faults.add(fault, path="Run/")
    _, card = await world.draw(world.alice, "a mill")
    assert "Wiro never answered, and no picture of yours is on its list." in card.text
    assert "Retry" in card.buttons
    assert world.runs == 1
    assert await is_returned(world)


async def test_a_run_whose_answer_was_lost_is_found_and_sent_once(world: World) -> None:
    _, card = await world.draw(world.alice, "[lost] a mill")
    assert len(card.pictures) == 1
    assert world.runs == 1
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_too_many_requests_means_waiting_in_line(world: World) -> None:
    world.wiro.faults.add(rate_limited(1), path="Run/")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Waiting in our line, place 1")
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert world.runs == 2
    assert len(world.tasks) == 1


@pytest.mark.parametrize("bill", ["NaN", "1e9", "-1"])
async def test_a_bill_that_cannot_be_read_keeps_what_was_held(world: World, bill: str) -> None:
    world.wiro.faults.add(Bill(bill))
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    card = await world.showing(asked, "Drawing")
    held = card.text.partition(" held")[0].rpartition(" ")[2]
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert held in card.text
    assert f"$0.00 of $2.00 used, {held} held" in await world.ask(world.alice, "quota")


async def test_noise_on_stderr_is_no_failure(world: World) -> None:
    asked, card = await world.draw(world.alice, "[noise] a mill")
    assert len(card.pictures) == 1
    assert all("Warning" not in edit.text for edit in world.edits(asked))


async def test_a_picture_that_is_late_at_the_cdn_is_waited_for(world: World) -> None:
    world.wiro.faults.add(LateCdn(0.6))
    _, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1
    assert len(world.wiro.ledger.requests_to("cdn/")) >= 2


async def test_an_address_off_the_list_is_never_asked(world: World) -> None:
    for address in (
        "http://169.254.169.254/latest/meta-data/0.png",
        "https://example.com/0.png",
        "file:///etc/passwd",
        "https://cdn1.wiro.ai@example.com/0.png",
    ):
        world.wiro.faults.add(OutputUrl(address))
        _, card = await world.draw(world.alice, "a mill")
        assert "Wiro answered with something that cannot be shown" in card.text
        assert address not in card.text
    assert await is_returned(world)


async def test_wiros_own_words_are_harmless(world: World) -> None:
    world.wiro.faults.add(FailTask("ValueError: @everyone **look** [here](https://evil.example) ```x"))
    asked, card = await world.draw(world.alice, "a mill")
    assert "\\*\\*look\\*\\*" in card.text
    assert "](https://" not in card.text
    assert "@everyone" not in card.text
    assert "```" not in card.text.replace("\\`\\`\\`", "")
    assert not asked.response.message.mention_everyone


async def test_a_job_past_its_deadline_is_stopped_and_says_so(build: Build) -> None:
    world = await build(job_deadline_s=0.5)
    world.hold("task_start", prompt="slow")
    _, card = await world.draw(world.alice, "slow")
    assert "It took too long and was stopped. Nothing was charged." in card.text
    assert "Retry" in card.buttons
    assert world.tasks[0].status == "task_cancel"
    assert await is_returned(world)


async def test_the_bot_draws_on_after_failures(world: World) -> None:
    for prompt in ("[fail]", "[html]", "[funds]"):
        await world.draw(world.alice, prompt)
    _, card = await world.draw(world.alice, "still here")
    assert len(card.pictures) == 1
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_failing_task_detail_is_asked_again(world: World) -> None:
    world.wiro.faults.add(server_error(), path="Task/Detail", times=2)
    _, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1
    assert world.runs == 1


async def test_a_catalogue_that_stumbles_is_asked_again(world: World) -> None:
    world.wiro.faults.add(server_error(), path="Tool/Detail")
    _, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1
