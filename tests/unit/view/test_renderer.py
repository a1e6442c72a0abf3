"""A card shows what is known of a job, fits into a message, and never invents."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bot_fakes.histories import progresses
from bot_fakes.samples import NOON_S, PNG, a_job, a_picture, a_request
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import Cause, Job, Progress, Stage
from bot.domain.money import Money
from bot.domain.news import News
from bot.domain.picture import Picture
from bot.view.card import Action, Card, Tone
from bot.view.layout import layout_of
from bot.view.renderer import BAR_CELLS, bar, ending_card, headline, info_card, status_card

PASSING = [stage for stage in Stage if not stage.is_terminal]
MAX_TEXT_CHARS = 4_000  # in all components of one message (Discord docs, Components reference, 2026)
MAX_COMPONENTS = 40

SUCCESS = a_job(
    stage=Stage.SUCCEEDED,
    request=a_request(width=1024, height=768, steps=28, guidance=7.5, negative_prompt="fog", count=2),
    cost=Money.parse("0.00351"),
    elapsed_s=4.24,
    outputs=(PNG,),
    task_id="101",
)
prompts = st.text(min_size=1, max_size=400) | st.just("*" * 2_000)


def everything_in(card: Card) -> str:
    return "\n".join([card.text, card.small_print, *(row.text for row in card.rows)])


def assert_fits(card: Card) -> None:
    view = layout_of(card)
    assert view.content_length() <= MAX_TEXT_CHARS
    assert view.total_children_count <= MAX_COMPONENTS


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.SUBMITTING, "Sending to Wiro"),
        (Stage.UNKNOWN, "did not answer"),
        (Stage.QUEUED, "In Wiro's queue"),
        (Stage.PREPARING, "Preparing the model"),
        (Stage.RUNNING, "Drawing"),
        (Stage.FINISHING, "Finishing"),
    ],
)
def test_every_passing_stage_is_told_in_words_and_can_be_cancelled(stage: Stage, words: str) -> None:
    card = status_card(News(a_job(stage=stage)))
    assert words in card.text
    assert card.actions == (Action.CANCEL,)
    assert card.job_id == 1
    assert card.pictures == card.files == ()


def test_every_passing_stage_reads_differently() -> None:
    assert len({status_card(News(a_job(stage=stage))).text for stage in PASSING}) == len(PASSING)


def test_a_place_in_our_line_is_told() -> None:
    assert "place 3" in status_card(News(a_job(), queue_position=3)).text


def test_a_wish_to_cancel_is_told_and_not_offered_again() -> None:
    card = status_card(News(a_job(stage=Stage.RUNNING), is_cancelling=True))
    assert "Cancelling" in card.text
    assert card.actions == ()


def test_steps_are_shown_while_it_draws_and_only_then() -> None:
    job = a_job(stage=Stage.RUNNING, progress=Progress(7, 28))
    assert "7 of 28" in status_card(News(job)).text
    assert "of 28" not in status_card(News(replace(job, stage=Stage.FINISHING))).text
    assert "░" not in status_card(News(a_job(stage=Stage.RUNNING))).text


@given(progresses())
def test_the_bar_is_as_long_as_the_steps_say(progress: Progress) -> None:
    drawn = bar(progress)
    assert drawn.count("█") + drawn.count("░") == BAR_CELLS
    assert drawn.count("█") == progress.step * BAR_CELLS // progress.total
    assert (drawn.count("█") == BAR_CELLS) == (progress.step == progress.total)


def test_silence_and_remarks_are_told() -> None:
    text = status_card(News(a_job(), quiet_since_s=NOON_S, note="A remark.")).text
    assert f"<t:{int(NOON_S)}:R>" in text
    assert "A remark." in text


def test_the_hold_and_the_model_are_told() -> None:
    small = status_card(News(a_job())).small_print
    assert "$0.05" in small
    assert "stable-diffusion-3-medium" in small


def test_the_same_news_is_the_same_card() -> None:
    assert status_card(News(a_job())) == status_card(News(a_job()))
    assert status_card(News(a_job())) != status_card(News(a_job(), queue_position=1))


@given(prompts, st.sampled_from(PASSING), st.none() | progresses())
def test_a_status_card_of_any_prompt_fits_and_mentions_nobody(
    prompt: str, stage: Stage, progress: Progress | None
) -> None:
    job = a_job(stage=stage, progress=progress, request=a_request(prompt=prompt))
    card = status_card(News(job, note="x" * 100))
    assert_fits(card)
    assert "@" not in everything_in(card).replace("@\u200b", "")


def test_a_success_shows_its_pictures_and_its_facts() -> None:
    card = ending_card(News(SUCCESS), [a_picture("0.png"), a_picture("1.png")])
    assert card.pictures == ("0.png", "1.png")
    assert card.tone is Tone.DONE
    assert set(card.actions) >= {Action.AGAIN, Action.INFO, Action.DELETE}
    for fact in ("seed `4`", "1024 × 768", "2 pictures", "4.2 s", "$0.0035"):
        assert fact in card.small_print


def test_a_success_of_unknown_cost_shows_its_hold() -> None:
    bare = a_job(stage=Stage.SUCCEEDED)
    assert (
        ending_card(News(bare), [a_picture()]).small_print == "stable-diffusion-3-medium · seed `4` · $0.05"
    )


def test_what_is_no_picture_is_a_file() -> None:
    clip = Picture("clip.mp4", "video/mp4", b"film", None)
    card = ending_card(News(SUCCESS), [clip, a_picture()])
    assert (card.pictures, card.files) == ((PNG.name,), ("clip.mp4",))


def test_a_picture_that_cannot_be_attached_is_linked() -> None:
    card = ending_card(News(SUCCESS, note="1 of 2 could not be shown."), [a_picture(content=None)])
    assert f"[lighthouse.png]({PNG.url})" in card.text
    assert "limited time" in card.text
    assert "1 of 2 could not be shown." in card.text
    assert card.pictures == ()


def test_a_success_whose_pictures_are_gone_says_so() -> None:
    assert "can no longer be fetched" in ending_card(News(SUCCESS), []).text


def test_a_gallery_holds_no_more_than_discord_shows() -> None:
    card = ending_card(News(SUCCESS), [a_picture(f"{n}.png") for n in range(12)])
    assert len(card.pictures) == 10
    assert_fits(card)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_failure_tells_why_and_offers_another_try(cause: Cause) -> None:
    card = ending_card(News(a_job(stage=Stage.FAILED, cause=cause)), [])
    assert card.tone is Tone.FAILED
    assert len({Action.AGAIN, Action.RETRY} & set(card.actions)) == 1
    assert Action.CANCEL not in card.actions


def test_only_what_may_pass_can_be_retried_as_it_was() -> None:
    retried = {
        cause
        for cause in Cause
        if Action.RETRY in ending_card(News(a_job(stage=Stage.FAILED, cause=cause)), []).actions
    }
    assert {Cause.UNANSWERED, Cause.UNREACHABLE, Cause.LOST} <= retried
    assert not retried & {Cause.REFUSED, Cause.NO_FUNDS, Cause.AUTH, Cause.OUTPUT_UNUSABLE, Cause.CANCELLED}


def test_a_cancellation_is_no_alarm() -> None:
    job = a_job(stage=Stage.CANCELLED, cause=Cause.CANCELLED)
    assert ending_card(News(job), []).tone is Tone.WAITING


@given(prompts, prompts)
def test_an_info_card_of_any_prompt_fits(prompt: str, negative_prompt: str) -> None:
    request = replace(SUCCESS.request, prompt=prompt, negative_prompt=negative_prompt)
    assert_fits(info_card(replace(SUCCESS, request=request)))


def test_an_info_card_tells_all_there_is() -> None:
    text = info_card(SUCCESS).text
    for fact in (
        "a lighthouse at dusk",
        "fog",
        "`4`",
        "1024 × 768",
        "28",
        "7.5",
        "$0.05",
        "$0.0035",
        "4.2 s",
        "101",
    ):
        assert fact in text


def test_an_info_card_leaves_out_what_is_not_known() -> None:
    text = info_card(a_job()).text
    for name in ("Size", "Steps", "Guidance", "Cost", "Time billed", "Wiro task", "Without"):
        assert name not in text


@pytest.mark.parametrize("stage", list(Stage))
def test_a_headline_is_one_job_in_two_lines(stage: Stage) -> None:
    job: Job = a_job(stage=stage, request=a_request(prompt="a\nb"))
    assert headline(News(job)).count("\n") == 1
