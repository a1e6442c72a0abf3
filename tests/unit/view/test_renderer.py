"""A card shows what is known of a job, fits into a message, and never invents."""

from __future__ import annotations

from dataclasses import replace

import discord
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.job.job import Cause, Job, Output, Progress, Stage, StreamedText
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.domain.money import Money
from bot.view.actions.buttons import JobAction, JobButton, TextAction
from bot.view.card import Card, Tone
from bot.view.cards.renderer import BAR_CELLS, Look, bar, final_card, headline, info_card, status_card
from bot.view.layout import layout_of, progress_layout_of
from bot.view.text.said import TextPart
from tests.support.histories import progresses
from tests.support.samples import NOON_S, PNG, a_job, a_picture, a_request
from tests.support.seals import SEAL

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


def actions_of(card: Card) -> tuple[JobButton, ...]:
    return tuple(button.action for button in card.buttons_of(JobAction))


def assert_fits(card: Card) -> None:
    view = layout_of(card, SEAL)
    assert view.content_length() <= MAX_TEXT_CHARS
    assert view.total_children_count <= MAX_COMPONENTS


def components_of(view: discord.ui.LayoutView) -> object:
    assert view.has_components_v2()
    return view.to_components()


@given(
    st.lists(
        st.builds(
            StatusUpdate,
            st.builds(
                lambda job_id, stage, prompt, words, progress: a_job(
                    job_id,
                    stage=stage,
                    request=a_request(prompt=prompt),
                    speech=StreamedText(words) if words else None,
                    progress=progress,
                    task_id="101" if stage >= Stage.QUEUED else None,
                ),
                st.integers(1, 3),
                st.sampled_from(PASSING),
                prompts,
                st.sampled_from(["", "It is", "It is so."]),
                st.none() | progresses(),
            ),
            is_cancelling=st.booleans(),
            note=st.sampled_from(["", "Wiro is slow today"]),
        ),
        min_size=2,
        max_size=6,
    )
)
def test_a_card_that_is_drawn_once_for_all_is_the_card_that_is_drawn_anew(news: list[StatusUpdate]) -> None:
    for card in map(status_card, news):
        assert components_of(progress_layout_of(card, SEAL)) == components_of(layout_of(card, SEAL))


def test_a_card_with_files_or_without_words_is_the_same_as_drawn_anew() -> None:
    for card in (final_card(StatusUpdate(SUCCESS), [a_picture()]), Card(Tone.DONE, "", small_print="x")):
        assert components_of(progress_layout_of(card, SEAL)) == components_of(layout_of(card, SEAL))


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
    card = status_card(StatusUpdate(a_job(stage=stage)))
    assert words in card.text
    assert actions_of(card) == (JobButton.CANCEL,)
    assert {button.job_id for button in card.buttons} == {1}
    assert card.pictures == card.files == ()


def test_every_passing_stage_reads_differently() -> None:
    assert len({status_card(StatusUpdate(a_job(stage=stage))).text for stage in PASSING}) == len(PASSING)


def test_a_place_in_our_line_is_told() -> None:
    assert "place 3" in status_card(StatusUpdate(a_job(), queue_position=3)).text


def test_a_wish_to_cancel_is_told_and_not_offered_again() -> None:
    card = status_card(StatusUpdate(a_job(stage=Stage.RUNNING), is_cancelling=True))
    assert "Cancelling" in card.text
    assert actions_of(card) == ()


def test_steps_are_shown_while_it_draws_and_only_then() -> None:
    job = a_job(stage=Stage.RUNNING, progress=Progress(7, 28))
    assert "7 of 28" in status_card(StatusUpdate(job)).text
    assert "of 28" not in status_card(StatusUpdate(replace(job, stage=Stage.FINISHING))).text
    assert "░" not in status_card(StatusUpdate(a_job(stage=Stage.RUNNING))).text


@given(progresses())
def test_the_bar_is_as_long_as_the_steps_say(progress: Progress) -> None:
    drawn = bar(progress)
    assert drawn.count("█") + drawn.count("░") == BAR_CELLS
    assert drawn.count("█") == progress.step * BAR_CELLS // progress.total
    assert (drawn.count("█") == BAR_CELLS) == (progress.step == progress.total)


def test_silence_and_remarks_are_told() -> None:
    text = status_card(StatusUpdate(a_job(), quiet_since_s=NOON_S, note="A remark.")).text
    assert f"<t:{int(NOON_S)}:R>" in text
    assert "A remark." in text


def test_the_hold_and_the_model_are_told() -> None:
    small = status_card(StatusUpdate(a_job())).small_print
    assert "$0.05" in small
    assert "stable-diffusion-3-medium" in small


def test_the_same_news_is_the_same_card() -> None:
    assert status_card(StatusUpdate(a_job())) == status_card(StatusUpdate(a_job()))
    assert status_card(StatusUpdate(a_job())) != status_card(StatusUpdate(a_job(), queue_position=1))


@given(prompts, st.sampled_from(PASSING), st.none() | progresses())
def test_a_status_card_of_any_prompt_fits_and_mentions_nobody(
    prompt: str, stage: Stage, progress: Progress | None
) -> None:
    job = a_job(stage=stage, progress=progress, request=a_request(prompt=prompt))
    card = status_card(StatusUpdate(job, note="x" * 100))
    assert_fits(card)
    assert "@" not in everything_in(card).replace("@\u200b", "")


def test_a_success_shows_its_pictures_and_its_facts() -> None:
    card = final_card(StatusUpdate(SUCCESS), [a_picture("0.png"), a_picture("1.png")])
    assert card.pictures == ("0.png", "1.png")
    assert card.tone is Tone.DONE
    assert set(actions_of(card)) >= {JobButton.AGAIN, JobButton.INFO, JobButton.DELETE}
    for fact in ("seed `4`", "1024 × 768", "2 pictures", "4.2 s", "$0.0035"):
        assert fact in card.small_print


@pytest.mark.parametrize("cost", [None, Money(0)])
def test_a_success_whose_charge_is_not_on_record_yet_says_how_much_at_most(cost: Money | None) -> None:
    job = a_job(stage=Stage.SUCCEEDED, cost=cost, task_id="1", is_charge_open=True)
    card = final_card(StatusUpdate(job), [])
    assert "its cost follows, $0.05 at most" in card.small_print
    assert "**Cost** not known yet" in info_card(job).text


def test_a_success_of_unknown_cost_shows_its_hold() -> None:
    bare = a_job(stage=Stage.SUCCEEDED)
    assert (
        final_card(StatusUpdate(bare), [a_picture()]).small_print
        == "stable-diffusion-3-medium · seed `4` · $0.05"
    )


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.wav", "audio/wav"),
        ("a.glb", "model/gltf-binary"),
        ("a.obj", "text/plain"),
        ("a.pdf", "application/pdf"),
        ("a.avif", "image/avif"),
        ("a.mkv", "video/x-matroska"),
        ("a.m4a", "video/mp4"),  # sound in a film's container
    ],
)
def test_what_no_gallery_shows_is_a_file(name: str, content_type: str) -> None:
    card = final_card(StatusUpdate(SUCCESS), [OutputFile(name, content_type, b"content", None), a_picture()])
    assert (card.pictures, card.files) == ((PNG.name,), (name,))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.mov"])
def test_a_film_stands_among_the_pictures(name: str) -> None:
    kinds = {"clip.mp4": "video/mp4", "clip.webm": "video/webm", "clip.mov": "video/quicktime"}
    card = final_card(StatusUpdate(SUCCESS), [OutputFile(name, kinds[name], b"film", None), a_picture()])
    assert (card.pictures, card.files) == ((name, PNG.name), ())


def test_a_picture_that_was_made_smaller_says_so_and_links_its_original() -> None:
    card = final_card(StatusUpdate(SUCCESS), [replace(a_picture("0.webp"), is_reduced=True, url=PNG.url)])
    assert f"0.webp is shown smaller; [original]({PNG.url})" in card.text
    assert "limited time" in card.text
    assert card.pictures == ("0.webp",)


def test_of_twenty_outputs_every_one_is_shown_or_linked_by_name() -> None:
    outputs = [a_picture(f"{n}.png", b"a picture" if n < 10 else None) for n in range(20)]
    card = final_card(StatusUpdate(SUCCESS), outputs)
    assert card.pictures == tuple(f"{n}.png" for n in range(10))
    assert all(f"[{n}.png](https://cdn1.wiro.ai/{n}.png)" in card.text for n in range(10, 20))
    assert_fits(card)


A_SPEECH = StreamedText("The answer so far", "one two three")


def test_the_answer_so_far_is_shown_while_it_is_given() -> None:
    card = status_card(StatusUpdate(a_job(stage=Stage.RUNNING, speech=A_SPEECH)))
    assert "Answering" in card.text
    assert card.body == "The answer so far"
    thinking = status_card(
        StatusUpdate(a_job(stage=Stage.RUNNING, speech=replace(A_SPEECH, answer="", is_thinking=True)))
    )
    assert "Thinking" in thinking.text
    assert thinking.body == "-# thinking… (3 words)"


@given(st.text(max_size=3_000), st.text(max_size=200), prompts)
def test_a_status_card_of_any_speech_fits(answer: str, thinking: str, prompt: str) -> None:
    speech = StreamedText(answer, thinking, is_thinking=not answer)
    job = a_job(stage=Stage.RUNNING, speech=speech, request=a_request(prompt=prompt))
    assert_fits(status_card(StatusUpdate(job, note="x" * 100, quiet_since_s=NOON_S)))


def a_text(*answers: str, thinking: str | None = None) -> Job:
    outputs = tuple(Output("output", "raw", None, text=answer, thinking=thinking) for answer in answers)
    return replace(SUCCESS, outputs=outputs)


def test_a_short_answer_is_shown_whole() -> None:
    card = final_card(StatusUpdate(a_text("# Yes\n- one\n- two")), [])
    assert card.body == "# Yes\n- one\n- two"
    assert card.buttons_of(TextAction) == card.files == ()
    assert "fetched" not in card.text
    assert "seed" not in card.small_print


def test_thoughts_are_folded_away_behind_a_button() -> None:
    card = final_card(StatusUpdate(a_text("Yes", thinking="Let me see")), [])
    assert "Let me see" not in everything_in(card) + card.body
    assert card.buttons_of(TextAction) == (TextAction(1, TextPart.THINKING, 0),)
    alone = final_card(StatusUpdate(a_text("", thinking="Let me see")), [])
    assert alone.body == "The model thought about it, but gave no answer."


def test_of_a_long_answer_the_beginning_is_shown_and_where_the_rest_is() -> None:
    file = OutputFile("answer.md", "text/markdown", b"words", None)
    card = final_card(StatusUpdate(a_text("word " * 40_000)), [file])
    assert card.body.startswith("word word")
    assert "200,000 characters; the whole answer is attached" in card.text
    assert card.files == ("answer.md",)
    assert card.buttons_of(TextAction) == (TextAction(1, TextPart.ANSWER, 1),)
    assert "too large to attach" in final_card(StatusUpdate(a_text("word " * 40_000)), []).text


@given(prompts, st.lists(st.text(max_size=3_000), min_size=1, max_size=3), st.integers(0, 20))
@example("*" * 2_000, ["\U0001f600" * 3_000], 20)
def test_an_ending_of_any_answer_and_any_files_fits(prompt: str, answers: list[str], linked: int) -> None:
    job = replace(a_text(*answers, thinking="x"), request=a_request(prompt=prompt), detail="d" * 300)
    pictures = [a_picture(f"{n}.png") for n in range(9)]
    pictures += [replace(a_picture("_" * 90, None), url="https://cdn1.wiro.ai/" + "a" * 90)] * linked
    assert_fits(final_card(StatusUpdate(job, note="n" * 300), pictures))


@given(
    kinds=st.lists(st.sampled_from(["image/png", "video/mp4", "audio/wav"]), max_size=10),
    linked=st.integers(0, 20),
    is_text=st.booleans(),
    can_upscale=st.booleans(),
)
@example(kinds=["audio/wav"] * 6 + ["image/png"] * 4, linked=10, is_text=False, can_upscale=True)
@example(kinds=["image/png"] * 9, linked=11, is_text=True, can_upscale=True)
@example(kinds=["image/png"] * 6, linked=11, is_text=True, can_upscale=True)
def test_an_ending_of_any_mixture_has_no_more_parts_than_a_message_may(
    kinds: list[str], linked: int, is_text: bool, can_upscale: bool
) -> None:
    pictures = [
        OutputFile(f"{n}.{kind[-3:]}", kind, b"x", f"https://cdn1.wiro.ai/{n}")
        for n, kind in enumerate(kinds)
    ]
    pictures += [a_picture(f"linked{n}.png", None) for n in range(linked)]
    outputs = tuple(Output(p.filename, p.content_type, p.url) for p in pictures)
    if is_text:
        outputs += (Output("output", "raw", None, text="word " * 3_000, thinking="hm"),)
        pictures = [OutputFile("answer.md", "text/markdown", b"x", None), *pictures[:9]]
    job = replace(SUCCESS, outputs=outputs)
    assert_fits(final_card(StatusUpdate(job), pictures, Look(can_upscale=can_upscale, has_ai_notice=True)))


@pytest.mark.parametrize("stage", [Stage.RUNNING, Stage.FINISHING])
def test_the_log_of_what_runs_can_be_asked_for(stage: Stage) -> None:
    assert JobButton.LOG in actions_of(status_card(StatusUpdate(a_job(stage=stage, task_id="101"))))
    assert JobButton.LOG not in actions_of(
        status_card(StatusUpdate(a_job(stage=Stage.QUEUED, task_id="101")))
    )


def test_info_leads_to_the_log_for_those_who_may_see_it() -> None:
    assert actions_of(info_card(SUCCESS, may_see_log=True)) == (JobButton.LOG,)
    assert actions_of(info_card(SUCCESS)) == ()
    assert actions_of(info_card(replace(SUCCESS, task_id=None), may_see_log=True)) == ()


def test_a_picture_that_cannot_be_attached_is_linked() -> None:
    card = final_card(StatusUpdate(SUCCESS, note="1 of 2 could not be shown."), [a_picture(content=None)])
    assert f"[lighthouse.png]({PNG.url})" in card.text
    assert "limited time" in card.text
    assert "1 of 2 could not be shown." in card.text
    assert card.pictures == ()


def test_a_success_whose_pictures_are_gone_says_so() -> None:
    assert "can no longer be fetched" in final_card(StatusUpdate(SUCCESS), []).text


def test_a_gallery_holds_no_more_than_discord_shows() -> None:
    card = final_card(StatusUpdate(SUCCESS), [a_picture(f"{n}.png") for n in range(12)])
    assert len(card.pictures) == 10
    assert_fits(card)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_failure_tells_why_and_offers_another_try(cause: Cause) -> None:
    card = final_card(StatusUpdate(a_job(stage=Stage.FAILED, cause=cause)), [])
    assert card.tone is Tone.FAILED
    assert len({JobButton.AGAIN, JobButton.RETRY} & set(actions_of(card))) == 1
    assert JobButton.CANCEL not in actions_of(card)


def test_only_what_may_pass_can_be_retried_as_it_was() -> None:
    retried = {
        cause
        for cause in Cause
        if JobButton.RETRY in actions_of(final_card(StatusUpdate(a_job(stage=Stage.FAILED, cause=cause)), []))
    }
    assert {Cause.UNANSWERED, Cause.UNREACHABLE, Cause.LOST} <= retried
    assert not retried & {Cause.REFUSED, Cause.NO_FUNDS, Cause.AUTH, Cause.OUTPUT_UNUSABLE, Cause.CANCELLED}


def test_a_cancellation_is_no_alarm() -> None:
    job = a_job(stage=Stage.CANCELLED, cause=Cause.CANCELLED)
    assert final_card(StatusUpdate(job), []).tone is Tone.WAITING


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
    assert headline(StatusUpdate(job)).count("\n") == 1
