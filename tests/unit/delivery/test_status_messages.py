"""Every ending comes home by whatever way is open, with its pictures as large as the way allows."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import repeat
from typing import Any

import discord
import pytest
from PIL import Image

from bot.delivery.budgets import Budgets, channel_key
from bot.delivery.editor import FINAL_TRIES, Pace
from bot.delivery.shared_limits import CROWD, PROGRESS_PER_MINUTE
from bot.delivery.status_messages import FINAL_LIFE_S, DiscordStatusMessages
from bot.delivery.verification import UNSURE_S
from bot.domain.discord_limits import TOKEN_LIFE_S
from bot.domain.job.input_faults import refused_by
from bot.domain.job.job import Cause, Exposure, Job, Stage
from bot.domain.job.lifecycle import advance
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.domain.money import Money
from bot.domain.request.errors import InputFault, InputRefused
from bot.services.tasks import TaskOwner
from bot.view.cards.renderer import status_card
from bot.view.layout import layout_of
from tests.support.clocks import SteppedClock, settle_down, until
from tests.support.discord_side import TOKEN, FakeClient, FakeInteraction, ModLog, an_http_error, text_of
from tests.support.samples import CHANNEL, MEMBER, PNG, a_job, an_origin
from tests.support.seals import SEAL

DEAD_TOKEN = an_http_error(401, 50027)
DELETED = an_http_error(404, 10008)
NO_ACCESS = an_http_error(403, 50001)
CHANNEL_GONE = an_http_error(404, 10003)


def a_noisy_picture(side: int = 96) -> OutputFile:
    pixels = random.Random(5).randbytes(side * side * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), pixels).save(out, "PNG")
    return OutputFile(PNG.name, "image/png", out.getvalue(), PNG.url)


PICTURE = a_noisy_picture()


def a_success(**origin: Any) -> StatusUpdate:
    job = a_job(stage=Stage.SUCCEEDED, cost=Money(5), outputs=(PNG,), origin=an_origin(**origin))
    return StatusUpdate(job)


class Hall:
    """A board over a fake Discord."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.interaction = FakeInteraction()
        self.time = SteppedClock()
        self.budgets = Budgets(self.time.monotonic)
        self.owner = TaskOwner(asyncio.create_task)
        client: Any = self.client
        pace = Pace(0.0, lambda: repeat(0.001), verify_pauses_s=(0.001, 0.002, 0.003))
        self.board = DiscordStatusMessages(client, self.owner.start, self.budgets, self.time.clock, pace)

    def attach(self) -> None:
        interaction: Any = self.interaction
        with self.board.attached(interaction):
            return

    async def finalize(self, news: StatusUpdate, *pictures: OutputFile) -> DeliveryOutcome:
        return await self.board.finalize(news, pictures)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = Hall()
    yield hall
    await hall.owner.drain()


async def test_states_and_the_ending_go_through_the_interactions_token(hall: Hall) -> None:
    hall.attach()
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: hall.interaction.mod_log.requests)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert "Drawing" in hall.interaction.mod_log.texts[0]
    assert "seed" in hall.interaction.mod_log.texts[1]
    assert hall.interaction.mod_log.attached == [[], [PNG.name]]
    assert hall.client.channel.requests == hall.client.direct.requests == []


async def test_nothing_ever_mentions_anybody(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(DEAD_TOKEN)
    hall.client.channel.faults.append(CHANNEL_GONE)
    assert await hall.finalize(a_success()) is DeliveryOutcome.BY_DM
    desks = (hall.interaction.mod_log, hall.client.channel, hall.client.direct)
    for request in [request for mod_log in desks for request in mod_log.requests]:
        assert request["allowed_mentions"].to_dict() == discord.AllowedMentions.none().to_dict()


async def test_without_an_interaction_the_bots_own_way_is_used(hall: Hall) -> None:
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: hall.client.channel.requests)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.client.edited == [(CHANNEL, 900)] * 2
    assert hall.client.channel.attached == [[], [PNG.name]]


async def test_a_token_is_left_before_discord_drops_it(hall: Hall) -> None:
    hall.attach()
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: hall.interaction.mod_log.requests)
    hall.time.forward(TOKEN_LIFE_S)
    assert await hall.finalize(a_success()) is DeliveryOutcome.SHOWN
    assert len(hall.interaction.mod_log.requests) == 1
    assert len(hall.client.channel.requests) == 1


async def test_a_tokens_age_is_counted_from_its_acknowledgement(hall: Hall) -> None:
    hall.attach()
    hall.time.forward(TOKEN_LIFE_S)
    await hall.finalize(a_success())
    assert hall.interaction.mod_log.requests == []


@pytest.mark.parametrize("jump_s", [-3_600.0, 3_600.0])
async def test_a_wall_clock_that_jumps_does_not_age_a_token(hall: Hall, jump_s: float) -> None:
    hall.attach()
    hall.time.put_right(jump_s)
    assert await hall.finalize(a_success()) is DeliveryOutcome.SHOWN
    assert len(hall.interaction.mod_log.requests) == 1
    hall.time.forward(TOKEN_LIFE_S)
    assert await hall.finalize(a_success()) is DeliveryOutcome.SHOWN
    assert len(hall.interaction.mod_log.requests) == 1


async def test_a_dead_token_gives_way_to_the_bots_own(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(DEAD_TOKEN)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.client.channel.attached == [[PNG.name]]


async def test_a_channel_that_is_shut_to_the_bot_keeps_its_public_results(hall: Hall) -> None:
    hall.client.channel.faults.append(NO_ACCESS)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.UNDELIVERABLE
    assert len(hall.client.channel.requests) == 1
    assert hall.client.written_to == []


async def test_a_token_that_is_kept_out_of_its_channel_is_not_followed_by_the_bot(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(NO_ACCESS)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.UNDELIVERABLE
    assert (len(hall.interaction.mod_log.requests), hall.client.channel.requests) == (1, [])


async def test_a_private_job_whose_channel_is_shut_is_told_by_direct_message(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(NO_ACCESS)
    assert await hall.finalize(a_success(is_private=True), PICTURE) is DeliveryOutcome.BY_DM
    assert hall.client.direct.attached == [[PNG.name]]


async def test_a_channel_that_is_gone_is_answered_by_direct_message(hall: Hall) -> None:
    hall.client.channel.faults.append(CHANNEL_GONE)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.BY_DM
    assert hall.client.written_to == [MEMBER]
    assert f"<#{CHANNEL}>" in hall.client.direct.texts[0]
    assert hall.client.direct.attached == [[PNG.name]]
    assert hall.client.direct.requests[0]["nonce"] == 1


async def test_a_private_job_that_outlived_its_token_is_delivered_by_direct_message(hall: Hall) -> None:
    news = a_success(is_private=True)
    assert await hall.finalize(news, PICTURE) is DeliveryOutcome.BY_DM
    assert hall.client.channel.requests == []


async def test_a_private_job_shows_no_states_once_its_token_is_gone(hall: Hall) -> None:
    hall.board.show(StatusUpdate(a_job(origin=an_origin(is_private=True))))
    await settle_down()
    assert hall.client.channel.requests == hall.client.direct.requests == []


async def test_a_private_job_is_shown_in_private_while_its_token_lives(hall: Hall) -> None:
    hall.attach()
    assert await hall.finalize(a_success(is_private=True), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.client.direct.requests == []


async def test_a_member_who_takes_no_messages_cannot_be_told(hall: Hall) -> None:
    hall.client.channel.faults.append(CHANNEL_GONE)
    hall.client.direct.faults.append(an_http_error(403, 50007))
    assert await hall.finalize(a_success()) is DeliveryOutcome.UNDELIVERABLE


async def test_a_message_that_a_moderator_deleted_is_not_brought_back(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(DELETED)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.GONE
    assert hall.client.channel.requests == hall.client.direct.requests == []


async def test_a_message_that_was_found_deleted_before_the_end_is_left_alone(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(DELETED)
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: hall.interaction.mod_log.requests)
    await settle_down()
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.GONE
    assert len(hall.interaction.mod_log.requests) == 1


async def test_a_discord_that_is_down_for_one_way_is_tried_by_the_next(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([an_http_error(503)] * 100)
    assert await hall.finalize(a_success()) is DeliveryOutcome.SHOWN
    assert len(hall.interaction.mod_log.requests) == FINAL_TRIES
    assert len(hall.client.channel.requests) == 1


async def test_an_ending_outlasts_an_outage_of_every_way(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([an_http_error(503)] * (FINAL_TRIES + 3))
    hall.client.channel.faults.extend([an_http_error(503)] * (FINAL_TRIES + 5))
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.interaction.mod_log.attached[-1] == [PNG.name]
    assert hall.client.direct.requests == []


async def test_an_outage_that_does_not_end_is_given_up_after_a_day(hall: Hall) -> None:
    hall.client.channel.faults.extend([an_http_error(503)] * 10_000)
    concluding = asyncio.create_task(hall.finalize(a_success(), PICTURE))
    await until(lambda: len(hall.client.channel.requests) > FINAL_TRIES)
    hall.time.forward(FINAL_LIFE_S)
    assert await concluding is DeliveryOutcome.UNDELIVERABLE


async def test_an_ending_survives_a_few_failures_of_its_way(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([an_http_error(503), ConnectionResetError(), TimeoutError()])
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.interaction.mod_log.attached[-1] == [PNG.name]


async def test_a_picture_past_the_limit_is_made_smaller(hall: Hall) -> None:
    hall.attach()
    assert PICTURE.content is not None
    limit = len(PICTURE.content) // 2
    news = a_success(attachment_limit_bytes=limit)
    assert await hall.finalize(news, PICTURE) is DeliveryOutcome.SHOWN
    ((file,),) = [request["attachments"] for request in hall.interaction.mod_log.requests]
    assert 0 < len(file.fp.getvalue()) <= limit


async def test_what_discord_finds_too_large_is_sent_smaller_then_linked(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([an_http_error(413), an_http_error(413, 40005)])
    assert await hall.finalize(a_success(attachment_limit_bytes=30_000), PICTURE) is DeliveryOutcome.SHOWN
    first, second, last = [request["attachments"] for request in hall.interaction.mod_log.requests]
    sizes = [len(file.fp.getvalue()) for file in (*first, *second)]
    assert sizes[0] > sizes[1]
    assert sizes[1] <= 15_000
    assert last == []
    assert PNG.url is not None
    assert PNG.url in hall.interaction.mod_log.texts[-1]


async def test_what_discord_will_not_have_in_any_size_goes_by_the_next_way(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([an_http_error(400)] * 3)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert len(hall.client.channel.requests) == 1


async def test_several_pictures_share_what_one_request_takes(hall: Hall) -> None:
    pictures = [OutputFile(f"{n}.bin", "application/zip", bytes(9 * 1024 * 1024), PNG.url) for n in range(4)]
    assert await hall.finalize(a_success(), *pictures) is DeliveryOutcome.SHOWN
    assert hall.client.channel.attached == [["0.bin", "1.bin"]]
    assert hall.client.channel.texts[0].count("too large") == 2


async def test_a_failure_is_told_without_attachments(hall: Hall) -> None:
    hall.attach()
    failure: Job = a_job(stage=Stage.FAILED, cause=Cause.NO_FUNDS)
    assert await hall.finalize(StatusUpdate(failure)) is DeliveryOutcome.SHOWN
    assert hall.interaction.mod_log.attached == [[]]
    assert "run out of money" in text_of(hall.interaction.mod_log.requests[0]["view"])


async def test_concluding_twice_shows_the_same_ending_in_the_same_place(hall: Hall) -> None:
    hall.attach()
    for _ in range(2):
        assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.interaction.mod_log.texts[0] == hall.interaction.mod_log.texts[1]
    assert hall.interaction.mod_log.attached == [[PNG.name]] * 2


async def test_a_dropped_job_leaves_nothing_in_memory(hall: Hall) -> None:
    hall.attach()
    await hall.finalize(a_success())
    hall.board.drop(1)
    hall.board.drop(1)
    assert (hall.board._messages, hall.board._attached, hall.budgets._channel_of) == ({}, {}, {})
    hall.attach()
    hall.board.drop(1)
    assert hall.board._attached == {}
    assert hall.budgets.shared._channels[CHANNEL].open_messages == 0


async def test_an_interaction_whose_job_was_refused_leaves_nothing_in_memory(hall: Hall) -> None:
    interaction: Any = hall.interaction
    with pytest.raises(ValueError, match="refused"), hall.board.attached(interaction):
        raise ValueError("refused")
    assert hall.board._attached == {}


async def test_a_crowd_is_known_before_its_first_message_is_shown(hall: Hall) -> None:
    crowd: list[Any] = [FakeInteraction(number) for number in range(1, CROWD + 2)]
    for interaction in crowd:
        with hall.board.attached(interaction):
            pass
    for _ in range(PROGRESS_PER_MINUTE):
        hall.budgets.shared.claim(CHANNEL, is_final=False)
    assert hall.budgets.shared.pause_s(CHANNEL, is_final=False) > 0
    for number, interaction in enumerate(crowd, start=1):
        if number % 2:
            hall.board.show(StatusUpdate(a_job(number, origin=an_origin())))
        hall.board.drop(interaction.id)
    assert hall.budgets.shared.pause_s(CHANNEL, is_final=False) == 0
    assert hall.budgets.shared._channels[CHANNEL].open_messages == 0


async def test_a_message_that_is_taken_up_counts_until_it_is_dropped(hall: Hall) -> None:
    hall.board.show(StatusUpdate(a_job()))
    assert hall.budgets.shared._channels[CHANNEL].open_messages == 1
    hall.board.drop(1)
    hall.board.drop(1)
    assert hall.budgets.shared._channels[CHANNEL].open_messages == 0


async def test_pictures_of_one_name_are_all_shown(hall: Hall) -> None:
    assert await hall.finalize(a_success(), PICTURE, PICTURE) is DeliveryOutcome.SHOWN
    ((first, second),) = hall.client.channel.attached
    assert first != second


async def test_two_messages_are_concluded_side_by_side(hall: Hall) -> None:
    first, second = (StatusUpdate(a_job(number, stage=Stage.SUCCEEDED)) for number in (1, 2))
    deliveries = await asyncio.gather(hall.finalize(first, PICTURE), hall.finalize(second, PICTURE))
    assert deliveries == [DeliveryOutcome.SHOWN, DeliveryOutcome.SHOWN]
    assert len(hall.client.channel.requests) == 2


def is_looking() -> bool:
    return any(task.get_name().startswith("verification of") for task in asyncio.all_tasks())


async def until_looked() -> None:
    await until(lambda: not is_looking())


def late_edit(mod_log: ModLog) -> None:
    """An edit that was given up is carried out."""
    mod_log.view = layout_of(status_card(StatusUpdate(a_job(stage=Stage.RUNNING))), SEAL)


async def test_after_an_edit_of_unknown_outcome_the_ending_is_looked_at_and_put_back(hall: Hall) -> None:
    hall.attach()
    mod_log = hall.interaction.mod_log
    mod_log.faults.append(ConnectionResetError())
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: mod_log.requests)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    late_edit(mod_log)
    await until_looked()
    assert "seed" in mod_log.texts[-1]
    assert mod_log.texts[-1] == mod_log.texts[-2]
    assert mod_log.requests[-1]["attachments"] is discord.utils.MISSING
    assert (mod_log.reads, hall.client.channel.reads) == (3, 0)


async def test_an_ending_without_such_an_edit_is_never_looked_at(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([an_http_error(429), TypeError("a 429 in plain words")])
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: len(hall.owner) == 0)
    assert len(hall.interaction.mod_log.requests) == 3
    await hall.finalize(a_success(), PICTURE)
    assert not is_looking()


async def test_an_edit_of_unknown_outcome_long_before_the_ending_is_of_no_account(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(ConnectionResetError())
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: len(hall.interaction.mod_log.requests) == 2)
    hall.time.forward(UNSURE_S + 1)
    await hall.finalize(a_success(), PICTURE)
    assert not is_looking()


async def test_a_job_that_is_taken_up_may_have_an_edit_of_the_process_before(hall: Hall) -> None:
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    late_edit(hall.client.channel)
    await until_looked()
    assert len(hall.client.channel.requests) == 2
    assert hall.client.channel.texts[0] == hall.client.channel.texts[1]


async def test_a_letter_is_not_looked_at(hall: Hall) -> None:
    assert await hall.finalize(a_success(is_private=True), PICTURE) is DeliveryOutcome.BY_DM
    assert not is_looking()


async def test_a_token_is_remembered_until_the_last_look(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(ConnectionResetError())
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: hall.interaction.mod_log.requests)
    await hall.finalize(a_success(), PICTURE)
    hall.board.drop(1)
    assert hall.budgets._channel_of == {TOKEN: CHANNEL}
    await until(lambda: hall.budgets._channel_of == {})
    assert hall.interaction.mod_log.reads == 3


async def test_a_drain_drops_the_looks_that_are_left(hall: Hall) -> None:
    await hall.finalize(a_success(), PICTURE)
    hall.board.drop(1)
    assert is_looking()
    await hall.owner.drain()
    assert hall.client.channel.reads == 0
    assert hall.budgets._windows.keys() <= {channel_key(CHANNEL)}


# --- refusals that come late ---------------------------------------------------------------------------


def a_refused_file(**origin: Any) -> StatusUpdate:
    end = refused_by(InputRefused("dog.png", InputFault.DAMAGED))
    return StatusUpdate(advance(a_job(origin=an_origin(**origin)), end))


SENTENCE = "dog.png is damaged. Nothing was held; save it anew and attach it again."


async def test_a_file_that_cannot_go_in_is_told_to_its_asker_alone(hall: Hall) -> None:
    hall.attach()
    assert await hall.finalize(a_refused_file()) is DeliveryOutcome.ALONE
    assert (hall.interaction.taken_back, hall.interaction.said_alone) == ([True], [SENTENCE])
    assert (
        hall.interaction.mod_log.requests == hall.client.channel.requests == hall.client.direct.requests == []
    )


async def test_in_a_private_message_it_stands_where_the_picture_would(hall: Hall) -> None:
    hall.attach()
    assert await hall.finalize(a_refused_file(is_private=True)) is DeliveryOutcome.SHOWN
    assert "dog.png is damaged. Nothing was charged" in hall.interaction.mod_log.texts[0]


async def test_without_a_token_it_stands_in_the_status_message(hall: Hall) -> None:
    assert await hall.finalize(a_refused_file()) is DeliveryOutcome.SHOWN
    assert "dog.png is damaged" in hall.client.channel.texts[0]


async def test_where_the_message_cannot_be_taken_back_it_stands_there(hall: Hall) -> None:
    hall.attach()
    hall.interaction.alone_faults.append(an_http_error(503))
    assert await hall.finalize(a_refused_file()) is DeliveryOutcome.SHOWN
    assert "dog.png is damaged" in hall.interaction.mod_log.texts[0]


async def test_once_the_message_is_gone_it_comes_by_direct_message_at_least(hall: Hall) -> None:
    hall.attach()

    async def delete() -> None:
        hall.interaction.alone_faults.append(DEAD_TOKEN)

    hall.interaction.delete_original_response = delete  # type: ignore[method-assign]  # a token that dies
    assert await hall.finalize(a_refused_file()) is DeliveryOutcome.BY_DM
    assert "dog.png is damaged" in hall.client.direct.texts[0]
    assert hall.client.channel.requests == []


async def test_a_late_output_does_not_open_what_was_reported(hall: Hall) -> None:
    hall.attach()
    await hall.finalize(a_success(), PICTURE)
    await hall.board.withhold(1)
    assert await hall.finalize(a_success(), PICTURE, PICTURE) is DeliveryOutcome.SHOWN
    assert len(hall.interaction.mod_log.requests) == 1


async def test_a_restart_does_not_open_what_was_reported(hall: Hall) -> None:
    news = a_success()
    hidden = replace(news, job=replace(news.job, exposure=Exposure.HIDDEN))
    assert await hall.finalize(hidden, PICTURE) is DeliveryOutcome.SHOWN
    assert hall.client.channel.requests == []


async def test_what_is_hidden_is_looked_at_no_more(hall: Hall) -> None:
    await hall.finalize(a_success(), PICTURE)
    assert is_looking()
    late_edit(hall.client.channel)
    hall.board.drop(1)
    await hall.board.withhold(1)
    await until_looked()
    assert len(hall.client.channel.requests) == 1


async def test_an_ending_on_its_way_arrives_before_it_is_hidden(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.gate.clear()
    concluding = asyncio.create_task(hall.finalize(a_success(), PICTURE))
    await until(lambda: hall.interaction.mod_log.requests)
    withholding = asyncio.create_task(hall.board.withhold(1))
    await settle_down()
    assert not withholding.done()
    hall.interaction.mod_log.gate.set()
    await withholding
    assert concluding.done() or await concluding is DeliveryOutcome.SHOWN


# --- a server's AutoMod -----------------------------------------------------------------------------------

AUTOMOD = an_http_error(400, 200000)


async def test_an_ending_that_automod_blocks_is_shown_once_more_without_the_prompt(hall: Hall) -> None:
    told: list[Job] = []

    async def tell(job: Job) -> None:
        told.append(job)

    hall.board.on_blocked(tell)
    hall.attach()
    hall.interaction.mod_log.faults.append(AUTOMOD)
    news = a_success()
    assert await hall.finalize(news, PICTURE) is DeliveryOutcome.SHOWN
    assert hall.interaction.mod_log.attached == [[PNG.name]] * 2
    before, after = hall.interaction.mod_log.texts
    assert news.job.request.prompt in before
    assert news.job.request.prompt not in after
    assert "AutoMod blocked the prompt" in after
    assert hall.client.channel.requests == hall.client.direct.requests == []
    await until(lambda: told == [news.job])


async def test_what_is_blocked_again_ends_in_words_of_our_own(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([AUTOMOD] * 2)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.SHOWN
    assert hall.interaction.mod_log.texts[-1].startswith("### It has ended")
    assert hall.interaction.mod_log.attached[-1] == []


async def test_what_is_blocked_whatever_it_says_is_not_said_past_the_server(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.extend([AUTOMOD] * 9)
    assert await hall.finalize(a_success(), PICTURE) is DeliveryOutcome.UNDELIVERABLE
    assert len(hall.interaction.mod_log.requests) == 3
    assert hall.client.channel.requests == hall.client.direct.requests == []


async def test_after_a_passing_state_was_blocked_no_further_edit_is(hall: Hall) -> None:
    hall.attach()
    hall.interaction.mod_log.faults.append(AUTOMOD)
    hall.board.show(StatusUpdate(a_job(stage=Stage.RUNNING)))
    await until(lambda: len(hall.interaction.mod_log.requests) == 2)
    assert "AutoMod" in hall.interaction.mod_log.texts[1]
    await hall.finalize(a_success(), PICTURE)
    assert len(hall.interaction.mod_log.requests) == 3
    assert all("lighthouse at dusk" not in text for text in hall.interaction.mod_log.texts[1:])
