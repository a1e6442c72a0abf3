"""/limits show, explain and grant, and /quota beside them: what is told is what the rules say, by hand."""

from __future__ import annotations

import re

from tests.e2e.moderation.moderation_world import BuildClub, Club


async def test_an_empty_server_shows_what_binds_instead(club: Club) -> None:
    words = await club.said(club.greta, "limits show")
    assert "None is set" in words
    assert "the operator's default of 50 runs a day, $2.00 a day and 3 pictures at once" in words


async def test_the_table_shows_every_limit_and_calls_the_gone_gone(club: Club) -> None:
    backend = club.world.env.backend
    cellar = club.guild.create_text_channel("cellar")
    thread = club.thread_in(club.art)
    guest = club.guild.add_member(club.world.env.create_user("guest"))
    await club.limit("runs", "20", role=club.artist)
    await club.limit("runs", "30", role=club.patron)
    await club.limit("spend", "0.5", per="hour", channel=cellar)
    await club.limit("runs", "3", per="hour", channel=thread)
    await club.limit("at-once", "1", member=guest)
    await club.limit("at-once", "2", member=club.alice)
    await club.limit("spend", "50", per="month", whole_server=True)
    backend.delete_role(club.guild.id, club.artist.id)
    backend.delete_channel(cellar.id)
    club.guild.remove_member(guest)
    rows = [line for line in (await club.said(club.greta, "limits show")).splitlines() if line[:1] in "-*"]
    assert rows[:-1] == [
        "**Everyone**",
        f"- **3 runs an hour** in <#{thread.id}>",
        "- **$0.50 an hour** in a deleted channel",
        "**Roles**",
        f"- a deleted role ({club.artist.id}): **20 runs a day**",
        f"- <@&{club.patron.id}>: **30 runs a day**",
        "**Members**",
        f"- <@{club.alice.id}>: **2 pictures at once**",  # came first, so has the lower id
        f"- <@{guest.id}> (has left): **1 picture at once**",
        "**The whole server together**",
        "- **$50.00 a month**",
    ]


async def test_many_limits_come_in_pages(club: Club) -> None:
    model = club.world.application.services.catalogue.default_model
    for number in range(45):
        role = club.guild.create_role(f"role {number}")
        await club.limit("runs", str(number), role=role, channel=club.art, model=model)
    first = await club.said(club.greta, "limits show")
    count = int(re.search(r"page 1 of (\d+)", first)[1])  # type: ignore[index]
    pages = [first] + [await club.said(club.greta, "limits show", page=n) for n in range(2, count + 1)]
    rows = [line for page in pages for line in page.splitlines() if line.startswith("- ")]
    assert count > 1
    assert len(set(rows)) == len(rows) == 45
    assert await club.said(club.greta, "limits show", page=1000) == pages[-1]


async def test_explain_names_the_most_generous_role_its_figures_and_what_it_goes_before(club: Club) -> None:
    await club.limit("runs", "2")
    await club.limit("runs", "3", role=club.artist)
    await club.limit("runs", "20", role=club.patron)
    await club.world.draw(club.ann, "a mill")
    words = await club.said(club.greta, "limits explain", member=club.ann)
    ann, patron, artist = club.ann.id, club.patron.id, club.artist.id
    assert re.fullmatch(
        rf"<@{ann}> in <#{club.art.id}>: \*\*20 runs a day; used 1, 0 held, 19 left; "
        r"resets in (\d+ h( \d+ min)?|\d+ min|\d+\.\d s) \(<t:\d+:R>\)\*\*",
        words.splitlines()[1],
    )
    assert f"because <@&{patron}> is the most generous of their roles" in words
    assert f"it goes before 3 runs of <@&{artist}>, 2 runs of everyone" in words
    assert "The operator has a daily stop" in words
    assert "$20" not in words


async def test_explain_in_another_channel_and_its_thread(club: Club) -> None:
    await club.limit("runs", "1", channel=club.sketches)
    thread = club.thread_in(club.sketches)
    here = await club.said(club.greta, "limits explain", member=club.alice)
    assert "1 run a day" not in here
    for place in (club.sketches, thread):
        there = await club.said(club.greta, "limits explain", member=club.alice, channel=place)
        assert f"### Limits for <@{club.alice.id}> in <#{place.id}>" in there
        assert f"1 run a day in <#{club.sketches.id}>; used 0, 0 held, 1 left" in there
    await club.world.draw(club.alice, "a mill", channel=thread)
    inside = await club.said(club.greta, "limits explain", member=club.alice, channel=thread)
    first = inside.splitlines()[1]
    assert f"**1 run a day in <#{club.sketches.id}>; used 1, 0 held, 0 left; resets in " in first


async def test_explain_of_oneself_speaks_to_oneself(club: Club) -> None:
    await club.limit("runs", "4", member=club.greta)
    assert "because it is set for you personally" in await club.said(club.greta, "limits explain")
    aside = await club.said(club.greta, "limits explain", member=club.alice)
    assert "personally" not in aside
    assert "the operator's default, because the moderators have set nothing in its place" in aside


async def test_explain_tells_of_the_servers_own_limit_and_of_other_models(club: Club) -> None:
    other = next(
        m.slug
        for m in club.world.application.services.catalogue.suggestions("", 50)
        if m.slug != club.world.application.services.catalogue.default_model
    )
    await club.limit("spend", "0", whole_server=True)
    await club.limit("runs", "0", model=other)
    words = await club.said(club.greta, "limits explain", member=club.alice)
    first = words.splitlines()[1]
    assert "$0.00 a day; used $0.00, $0.00 held, $0.00 left" in first
    assert "for all members of this server together, whatever else is set" in words
    assert f"- 0 runs a day with `{other.lower()}`; used 0, 0 held, 0 left" in words


async def test_a_grant_is_counted_at_once_and_told_in_every_answer(build_club: BuildClub) -> None:
    club = await build_club(default_runs_per_day=1)
    await club.world.draw(club.alice, "one")
    assert "1 used" in club.world.refusal(await club.world.imagine(club.alice, "two"))
    words = await club.said(club.greta, "limits grant", member=club.alice, measure="runs", amount="2")
    assert f"<@{club.alice.id}> is granted **2 runs** more" in words
    assert "**3 runs a day (2 runs of it granted)**" in words
    assert "**Runs** 1 of 3 used, 0 held, **2 left**" in words
    await club.world.draw(club.alice, "two")
    quota = await club.said(club.alice, "quota")
    assert "**3 runs a day (2 runs of it granted)**" in quota
    assert "**Runs** 2 of 3 used, 0 held, **1 left**" in quota
    (entry,) = await club.audit()
    assert (entry.action, entry.before, entry.after) == ("limits grant", "", "2 runs more")
    assert str(club.alice.id) in entry.subject


async def test_a_grant_of_nothing_or_to_a_bot_is_refused(club: Club) -> None:
    robot = club.guild.add_member(club.world.env.create_user("robot", bot=True))
    for amount in ("0", "-1", "NaN", "1e30", "0.0000000000001"):
        words = await club.said(club.greta, "limits grant", member=club.alice, measure="spend", amount=amount)
        assert "is not an amount that can be used here. Nothing was changed; give dollars" in words
    words = await club.said(club.greta, "limits grant", member=robot, measure="runs", amount="1")
    assert words.startswith("Bots ask for no pictures")
    assert await club.audit() == []


async def test_quota_tells_each_limit_what_is_used_held_and_left_and_why(club: Club) -> None:
    await club.limit("runs", "5", per="hour", role=club.artist)
    await club.limit("at-once", "2")
    club.world.hold("task_start")
    asked = await club.world.imagine(club.ann, "a mill")
    await club.world.showing(asked, "Drawing")
    words = await club.said(club.ann, "quota")
    assert "### What you have left here" in words
    assert "**5 runs an hour**\n**Runs** 0 of 5 used, 1 held, **4 left**. Starts again <t:" in words
    assert f"because <@&{club.artist.id}> is one of your roles" in words
    assert "**At once** 1 of 2 held, **1 left**. Free again when a picture ends." in words
    assert words.index("2 pictures at once") < words.index("5 runs an hour")  # the tightest first
    assert "Starts again <t:" in words
    club.world.let_go()
    await club.world.ending(asked)
    assert "**Runs** 1 of 5 used, 0 held, **4 left**" in await club.said(club.ann, "quota")


async def test_quota_in_direct_messages_knows_the_settings_alone(club: Club) -> None:
    await club.limit("runs", "1")
    asked = await club.alice.user.slash("quota")
    words = club.world.card(asked).text
    assert "### Your day in direct messages" in words
    assert "**Runs** 0 of 50 used, 0 held, **50 left**" in words
    assert "operator's default" in words
