"""/rules: set by managers alone, kept once, audited with before and after, and binding at once."""

from __future__ import annotations

import discord
import pytest

from bot.domain.moderation.errors import RuleRefused
from bot.domain.request.requester import ChannelContext, Requester
from sandbox.wiro.catalogue import FLUX_KLEIN
from tests.e2e.moderation.moderation_world import Club

ADULT = "black-forest-labs/flux-2-klein-4b"


async def refusal(club: Club, actor: object, prompt: str, **options: object) -> str:
    """What a refused /imagine tells its asker; nothing may be left behind for others."""
    before = len(club.world.messages(club.bob))
    asked = await club.world.imagine(actor, prompt, **options)
    assert len(club.world.messages(club.bob)) == before
    return str(club.world.refusal(asked))


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("rules show", {}),
        ("rules word add", {"text": "cat"}),
        ("rules word remove", {"text": "cat"}),
        ("rules word test", {"text": "cat"}),
        ("rules model", {"model": ADULT, "action": "deny"}),
        ("rules log", {}),
    ],
)
async def test_members_may_not_even_where_discord_lets_them(
    club: Club, command: str, options: dict[str, str]
) -> None:
    group = next(c for c in await club.world.application.bot.tree.fetch_commands() if c.name == "rules")
    club.guild.set_command_permissions(group, {club.alice: True})
    words = await club.said(club.alice, command, **options)
    assert "permission Manage Server" in words
    assert await club.audit() == []


async def test_a_new_server_has_no_rules(club: Club) -> None:
    words = await club.said(club.greta, "rules show")
    for part in ("allowed everywhere", "all allowed", "**Blocked members** none", "**Log channel** none"):
        assert part in words


async def test_a_denied_channel_refuses_and_a_reset_lets_in_again(club: Club) -> None:
    words = await club.said(club.greta, "rules channel", channel=club.art, action="deny")
    assert f"<#{club.art.id}>: no rule → **denied**" in words
    assert "in this channel" in await refusal(club, club.alice, "a mill")
    await club.said(club.greta, "rules channel", channel=club.art, action="reset")
    _, card = await club.world.draw(club.alice, "a mill")
    assert card.pictures
    assert [(e.action, e.before, e.after) for e in await club.audit()] == [
        ("rules channel", "denied", "no rule"),
        ("rules channel", "no rule", "denied"),
    ]


async def test_one_allowed_channel_closes_the_others_and_opens_its_threads(club: Club) -> None:
    await club.said(club.greta, "rules channel", channel=club.sketches, action="allow")
    assert "in this channel" in await refusal(club, club.alice, "a mill")
    thread = club.thread_in(club.sketches)
    _, card = await club.world.draw(club.alice, "a mill", channel=thread)
    assert card.pictures


async def test_what_is_so_already_is_not_written_again(club: Club) -> None:
    for command, options in (
        ("rules channel", {"channel": club.art, "action": "deny"}),
        ("rules model", {"model": ADULT, "action": "adult"}),
        ("rules word add", {"text": "cat"}),
        ("rules block", {"member": club.bob}),
    ):
        first = await club.said(club.greta, command, **options)
        again = await club.said(club.greta, command, **options)
        assert "### Changed" in first
        assert "Nothing was changed" in again
    assert len(await club.audit()) == 4
    assert "Nothing was changed" in await club.said(club.greta, "rules log")
    assert "Nothing was changed" in await club.said(club.greta, "rules word remove", text="dog")
    assert "Nothing was changed" in await club.said(club.greta, "rules unblock", member=club.alice)
    assert len(await club.audit()) == 4


async def test_words_refuse_whole_words_in_any_case_and_can_be_tried_first(club: Club) -> None:
    await club.said(club.greta, "rules word add", text="cat")
    await club.said(club.greta, "rules word add", text="/dra+gons?/")
    tested = await club.said(club.greta, "rules word test", text="a CAT and a draaagon")
    assert "would be refused" in tested
    assert "`cat`" in tested
    assert "`/dra+gons?/`" in tested
    assert "would pass" in await club.said(club.greta, "rules word test", text="a catalogue")
    assert club.world.runs == 0
    words = await refusal(club, club.alice, "a Cat")
    assert "a word of this prompt" in words
    assert "cat" not in words.lower()
    await club.said(club.greta, "rules word remove", text="/dra+gons?/")
    _, card = await club.world.draw(club.alice, "a dragon")
    assert card.pictures


async def test_a_word_and_a_pattern_of_one_spelling_are_removed_each_by_itself(club: Club) -> None:
    for text in ("cat", "/cat/"):
        await club.said(club.greta, "rules word add", text=text)
    words = await club.said(club.greta, "rules word remove", text="cat")
    assert "the word `cat` (tolerant): refused → **no rule**" in words
    assert "`/cat/`" in await club.said(club.greta, "rules show")
    assert "the word `cat`: no rule, as it was" in await club.said(
        club.greta, "rules word remove", text="cat"
    )
    words = await club.said(club.greta, "rules word remove", text=" /cat/ ")
    assert "the pattern `/cat/`: refused → **no rule**" in words
    assert "`/cat/`" not in await club.said(club.greta, "rules show")


async def test_a_word_is_looked_for_in_disguise_unless_exactly_it_is_asked_for(club: Club) -> None:
    await club.said(club.greta, "rules word add", text="blood")
    tested = await club.said(club.greta, "rules word test", text="much b l 0 0 d and Blооd")
    assert "`blood` (tolerant): disguised, read as `blood`" in tested
    assert "a word of this prompt" in await refusal(club, club.alice, "a bl00d moon")
    assert "a word of the negative prompt" in await refusal(
        club, club.alice, "a moon", negative_prompt="bl00d"
    )
    changed = await club.said(club.greta, "rules word add", text="blood", match="exact")
    assert "the word `blood`: no rule → **refused**" in changed
    assert "would pass" in await club.said(club.greta, "rules word test", text="a bl00d moon")
    assert "`blood`: as written, `blood`" in await club.said(
        club.greta, "rules word test", text="**blood**_moon"
    )
    assert len(await club.audit()) == 2
    assert club.world.runs == 0


async def test_a_text_that_cannot_be_looked_through_is_refused_in_a_sentence(club: Club) -> None:
    await club.said(club.greta, "rules word add", text="cat")
    assert "stand for many letters each" in await refusal(club, club.alice, "\ufdfa" * 2_000)
    assert "stand for many letters each" in await club.said(
        club.greta, "rules word test", text="\ufdfa" * 2_000
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [("/(a+)+$/", "repetition inside a repetition"), ("/(/", "cannot be read"), ("/a*/", "every prompt")],
)
async def test_bad_patterns_are_refused_in_a_sentence(club: Club, text: str, told: str) -> None:
    assert told in await club.said(club.greta, "rules word add", text=text)
    assert await club.audit() == []


async def test_a_denied_model_is_refused_in_whatever_spelling(club: Club) -> None:
    await club.said(club.greta, "rules model", model=FLUX_KLEIN.slug, action="deny")
    for spelling in (FLUX_KLEIN.slug, ADULT, ADULT.upper()):
        assert "do not allow" in await refusal(club, club.alice, "a mill", model=spelling)
    assert "no model called" in await club.said(
        club.greta, "rules model", model="no/such-model", action="deny"
    )


async def test_an_adult_model_works_in_age_restricted_channels_only(club: Club) -> None:
    await club.said(club.greta, "rules model", model=ADULT, action="adult")
    assert "age-restricted channels only" in await refusal(club, club.alice, "a mill", model=ADULT)
    # The simulated Discord knows no age-restricted channels, so the places are given by hand.
    guild_settings, guild_id = club.world.application.services.guild_settings, club.guild.id
    restricted = ChannelContext(guild_id, club.sketches.id, is_age_restricted=True)
    await guild_settings.check_place(Requester(club.alice.id, frozenset(), restricted), ADULT)
    for place in (ChannelContext(guild_id, 5, club.sketches.id), ChannelContext(guild_id, 5)):
        with pytest.raises(RuleRefused):
            await guild_settings.check_place(Requester(club.alice.id, frozenset(), place), ADULT)


async def test_pictures_of_others_are_ruled_by_server_and_channel(club: Club) -> None:
    words = await club.said(club.greta, "rules pictures", allow="own only")
    assert "pictures that go into models: no rule → **one's own only**" in words
    await club.said(club.greta, "rules pictures", allow="anyone", channel=club.art)
    assert "Nothing was changed" in await club.said(
        club.greta, "rules pictures", allow="anyone", channel=club.art
    )
    shown = await club.said(club.greta, "rules show")
    assert f"**Pictures that may go into models** one's own only · <#{club.art.id}> anyone's" in shown
    made, _ = await club.world.draw(club.alice, "a mill")
    asked = await club.world.press(club.bob, made, "Vary")
    assert "Run" in club.world.card(asked).buttons
    await club.said(club.greta, "rules pictures", allow="reset", channel=club.art)
    asked = await club.world.press(club.bob, made, "Vary")
    assert "only your own pictures may go into a model" in club.world.refusal(asked)
    await club.said(club.greta, "rules pictures", allow="reset")
    shown = await club.said(club.greta, "rules show")
    assert "**Pictures that may go into models** one's own and what the bot made\n" in shown
    assert [(e.action, e.before, e.after) for e in await club.audit()][:2] == [
        ("rules pictures", "one's own only", "no rule"),
        ("rules pictures", "anyone's", "no rule"),
    ]


async def test_a_blocked_member_is_refused_until_unblocked(club: Club) -> None:
    await club.said(club.greta, "rules block", member=club.alice)
    assert "blocked you" in await refusal(club, club.alice, "a mill")
    assert f"<@{club.alice.id}>" in await club.said(club.greta, "rules show")
    await club.said(club.greta, "rules unblock", member=club.alice)
    _, card = await club.world.draw(club.alice, "a mill")
    assert card.pictures


async def test_moderators_themselves_and_bots_cannot_be_blocked(club: Club) -> None:
    other = club.guild.add_member(
        club.world.env.create_user("otto"),
        roles=[club.guild.create_role("chiefs", permissions=discord.Permissions(manage_guild=True))],
    )
    assert "block yourself" in await club.said(club.greta, "rules block", member=club.greta)
    assert "cannot be blocked" in await club.said(club.greta, "rules block", member=other)
    assert await club.audit() == []


async def test_the_log_channel_is_tried_before_it_is_kept(club: Club) -> None:
    log = club.guild.create_text_channel("log")
    club.world.env.inject_error("POST", f"/channels/{log.id}/messages", status=403, code=50013, times=1)
    assert "cannot write to this channel" in await club.said(club.greta, "rules log", channel=log)
    assert await club.audit() == []
    assert "### Changed" in await club.said(club.greta, "rules log", channel=log)
    await club.said(club.greta, "rules word add", text="cat")
    told = [club_text(message) for message in club.world.messages(club.greta, log)]
    assert "log channel" in told[0]
    assert f"none → <#{log.id}>" in told[1]
    assert f"<@{club.greta.id}> · **rules word add**" in told[2]
    await club.said(club.greta, "rules log")
    assert f"<#{log.id}> → none" in club_text(club.world.messages(club.greta, log)[-1])


async def test_a_deleted_log_channel_disturbs_no_change(club: Club) -> None:
    log = club.guild.create_text_channel("log")
    await club.said(club.greta, "rules log", channel=log)
    club.world.env.backend.delete_channel(log.id)
    assert "### Changed" in await club.said(club.greta, "rules word add", text="cat")


def club_text(message: discord.Message) -> str:
    """The words of a card."""
    view = discord.ui.LayoutView.from_message(message)
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)
    )
