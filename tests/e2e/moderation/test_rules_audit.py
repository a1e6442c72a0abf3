"""/rules audit: who changed and decided what, for managers alone, page by page, by member and by time."""

from __future__ import annotations

from tests.e2e.moderation.moderation_world import Club


async def test_the_log_says_who_did_what_when_from_what_to_what(club: Club) -> None:
    assert await club.said(club.greta, "rules audit") == "Nothing was changed or decided."
    await club.said(club.greta, "rules channel", channel=club.art, action="deny")
    await club.limit("runs", "3", member=club.alice)
    words = await club.said(club.greta, "rules audit")
    (at_s,) = {int(entry.at_s) for entry in await club.entries() if entry.change.kind.value == "channel"}
    assert (
        f"<t:{at_s}:f> · <@{club.greta.id}> · **rules channel**\n<#{club.art.id}>\nno rule → denied" in words
    )
    assert f"**limits set**\nruns a day for <@{club.alice.id}>\nnothing → 3 runs a day" in words
    assert words.index("limits set") < words.index("rules channel")


async def test_it_is_asked_by_member_and_by_time(club: Club) -> None:
    await club.limit("runs", "3", member=club.alice)
    await club.limit("runs", "4", member=club.bob)
    words = await club.said(club.greta, "rules audit", member=club.alice, since="1h")
    assert "3 runs a day" in words
    assert "4 runs a day" not in words
    nothing = await club.said(club.greta, "rules audit", member=club.ann, since="2020-01-01")
    assert nothing == f"Nothing was changed or decided by or about <@{club.ann.id}> since <t:1577836800:f>."
    assert "3 runs" in await club.said(club.greta, "rules audit", member=club.greta)
    refused = await club.said(club.greta, "rules audit", since="next year")
    assert refused.startswith("next year is no moment in the past. Nothing was looked up; give a date")


async def test_pages_are_turned_in_place_and_stand_still(club: Club) -> None:
    for amount in range(20):
        await club.limit("runs", str(amount))
    asked = await club.greta.slash(club.art, "rules audit")
    assert asked.response.ephemeral
    seen = [club.world.card(asked)]
    while "Older" in seen[-1].buttons:
        await club.limit("runs", "500")
        await club.world.press(club.greta, asked, "Older")
        seen.append(club.world.card(asked))
    assert len(seen) == 3
    assert "→ 19 runs a day" in seen[0].text
    assert "→ 0 runs a day" in seen[2].text
    assert all("500" not in page.text for page in seen)
    await club.world.press(club.greta, asked, "Newer")
    assert club.world.card(asked).text == seen[1].text


async def test_members_read_nothing_of_it(club: Club) -> None:
    group = next(c for c in await club.world.application.bot.tree.fetch_commands() if c.name == "rules")
    club.guild.set_command_permissions(group, {club.alice: True})
    assert "permission Manage Server" in await club.said(club.alice, "rules audit")
