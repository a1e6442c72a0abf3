"""The stand-in Discord against the real discord.py: what it sends is understood, refused and limited."""

import asyncio
import contextlib
import io
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands

from sandbox.discord import ClientRefused, DiscordStandIn, HiddenLimit, Limits, Person, Upload
from sandbox.discord.buckets import Limit
from sandbox.discord.channels import Channel, Guild
from tests.support.denied import Denied
from tests.support.images import encoded

MANAGE_GUILD = 1 << 5


class CancelButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"cancel:(?P<job>\d+)"):
    """A button that needs no memory of the message it sits on."""

    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Cancel", custom_id=f"cancel:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str], /) -> "CancelButton":
        return cls(int(match["job"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.message is not None
        if interaction.message.flags.components_v2:
            await interaction.response.edit_message(view=Layout(f"cancelled {self.job}"))
        else:
            await interaction.response.edit_message(content=f"cancelled {self.job}", embed=None, view=None)


class Form(discord.ui.Modal, title="Edit prompt"):
    prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Prompt", default="a fox", max_length=50)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"form says {self.prompt.value}", ephemeral=True)


class SampleBot(commands.Bot):
    """Uses every part of the library that the stand-in has to bear."""

    def __init__(self) -> None:
        super().__init__(
            "!",
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
            help_command=None,
        )
        self.deferred: discord.InteractionCallbackResponse[Any] | None = None
        self.errors: list[BaseException] = []
        self.resumed = asyncio.Event()
        self.tree.error(self.note)

    async def note(self, _interaction: Any, error: app_commands.AppCommandError) -> None:
        self.errors.append(error.__cause__ or error)

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def before_identify_hook(self, _shard_id: int | None, *, initial: bool = False) -> None:
        """The stock hook sleeps five seconds before it identifies again."""

    async def setup_hook(self) -> None:
        self.add_dynamic_items(CancelButton)
        for command in (imagine, layout, form, pick, say, flood, clash):
            self.tree.add_command(command)
        self.tree.add_command(Limited())
        await self.tree.sync()


@app_commands.command(description="Make a picture")
@app_commands.describe(prompt="What to see", model="Which model", image="A start", private="Only for you")
async def imagine(
    interaction: discord.Interaction[Any],
    prompt: app_commands.Range[str, 1, 100],
    model: str = "medium",
    image: discord.Attachment | None = None,
    private: bool = False,
) -> None:
    interaction.client.deferred = await interaction.response.defer(ephemeral=private)
    embed = discord.Embed(title="Queued", description=prompt)
    view = discord.ui.View(timeout=None).add_item(CancelButton(7))
    await interaction.edit_original_response(embed=embed, view=view)
    if image is not None:
        file = discord.File(io.BytesIO(await image.read()), "back.png")
        await interaction.edit_original_response(
            embed=embed.set_image(url="attachment://back.png"), attachments=[file]
        )
    if model != "medium":
        await interaction.followup.send(
            f"model {model} {interaction.permissions.manage_guild}", ephemeral=True
        )


@imagine.autocomplete("model")
async def models(_interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(name=f"{current} {size}", value=f"{current}-{size}")
        for size in ("small", "large")
    ]


class Layout(discord.ui.LayoutView):
    def __init__(self, text: str, picture: str | None = None) -> None:
        super().__init__(timeout=None)
        box: discord.ui.Container[Any] = discord.ui.Container(discord.ui.TextDisplay(text))
        if picture is not None:
            box.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{picture}")))
        box.add_item(discord.ui.ActionRow(CancelButton(9)))
        self.add_item(box)


@app_commands.command(description="Components V2")
async def layout(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.defer()
    message = await interaction.edit_original_response(view=Layout("working @everyone"))
    file = discord.File(io.BytesIO(encoded()), "fox.png")
    edited = await message.edit(view=Layout("done", "fox.png"), attachments=[file])
    await edited.edit(view=Layout("done again", "fox.png"))


@app_commands.command(description="A form")
async def form(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_modal(Form())


@app_commands.command(description="A menu")
async def pick(interaction: discord.Interaction[Any]) -> None:
    view = discord.ui.View(timeout=60)
    menu: discord.ui.Select[Any] = discord.ui.Select(
        placeholder="Size", options=[discord.SelectOption(label="big")]
    )

    async def chosen(inner: discord.Interaction[Any]) -> None:
        await inner.response.defer()
        await inner.edit_original_response(content=f"chose {menu.values[0]}", view=None)
        view.stop()

    menu.callback = chosen  # type: ignore[method-assign]  # the library's own way to give a menu its handler
    await interaction.response.send_message("choose", view=view.add_item(menu))


@app_commands.command(description="Says a thing in the channel and to the person")
async def say(interaction: discord.Interaction[Any], text: str, size: int = 0) -> None:
    await interaction.response.defer(ephemeral=True)
    sent = await interaction.channel.send(
        text, file=discord.File(io.BytesIO(bytes(size or 1)), "data file.bin")
    )
    await sent.edit(content=f"{text}!")
    await interaction.user.send("privately")
    await interaction.followup.send("said")


@app_commands.command(description="Six edits")
async def flood(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.defer()
    for number in range(6):
        await interaction.edit_original_response(content=f"edit {number}")


@app_commands.command(description="Two buttons with one id")
async def clash(interaction: discord.Interaction[Any]) -> None:
    view = discord.ui.View(timeout=1)
    for _ in range(2):
        view.add_item(discord.ui.Button(label="x", custom_id="same"))
    await interaction.response.send_message("x" * 2001, view=view)


class Limited(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(
            name="limits", description="Limits", default_permissions=discord.Permissions(manage_guild=True)
        )

    @app_commands.command(name="set", description="Set a limit")
    async def put(
        self,
        interaction: discord.Interaction[Any],
        measure: app_commands.Range[int, 1, 10],
        member: discord.Member | None = None,
        channel: discord.TextChannel | None = None,
        role: discord.Role | None = None,
    ) -> None:
        named = (member and member.display_name, channel and channel.name, role and role.name)
        await interaction.response.send_message(f"{measure} {named}")


class Scene:
    """A stand-in with one guild, one channel, one member and a connected bot."""

    def __init__(self, server: DiscordStandIn, bot: SampleBot) -> None:
        self.server = server
        self.bot = bot
        self.guild: Guild = server.add_guild()
        self.channel: Channel = server.add_channel(self.guild, "art")
        self.alice: Person = server.add_member(self.guild, "alice")
        self.owner: Person = server.owner_of(self.guild)


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with DiscordStandIn(limits=Limits.off()) as server, SampleBot() as bot:
        made = Scene(server, bot)
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
        gateway = yarl.URL(server.world.base_url.replace("http", "ws", 1)) / "gateway"
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        running = asyncio.create_task(bot.start(server.token))
        try:
            await server.connected()
            await asyncio.wait_for(bot.wait_until_ready(), 300)
            yield made
        finally:
            await bot.close()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def test_a_command_is_deferred_edited_and_its_button_answers(scene: Scene) -> None:
    asked = scene.alice.slash(scene.channel, "imagine", {"prompt": "a fox"})
    await asked.acked()
    assert asked.ack_type == 5
    assert asked.ack_s is not None
    assert asked.ack_s < 3
    message = await asked.answered()
    await asked.until(lambda: bool(message.buttons()))
    assert message.text() == "Queued\na fox"
    assert [button.label for button in message.buttons()] == ["Cancel"]
    assert scene.bot.deferred is not None
    assert scene.bot.deferred.message_id == message.id
    assert isinstance(scene.bot.deferred.resource, discord.InteractionMessage)

    clicked = scene.alice.click(message, "Cancel")
    await clicked.acked()
    assert message.text() == "cancelled 7"
    assert message.buttons() == []
    assert [revision.via for revision in message.revisions] == ["token", "callback"]
    assert all(
        revision.allowed_mentions
        == {
            "parse": [],
        }
        for revision in message.revisions
    )


async def test_a_private_answer_is_seen_by_its_asker_alone(scene: Scene) -> None:
    asked = scene.alice.slash(scene.channel, "imagine", {"prompt": "a fox", "private": True})
    message = await asked.answered()
    assert message.is_ephemeral
    assert scene.channel.messages(scene.alice) == [message]
    assert scene.channel.messages(scene.owner) == []
    with pytest.raises(ClientRefused):
        scene.owner.click(message, "Cancel")
    with pytest.raises(discord.NotFound) as gone:
        await scene.bot.get_partial_messageable(scene.channel.id).fetch_message(message.id)
    assert gone.value.code == 10008


async def test_an_attachment_goes_in_and_comes_back_inside_the_embed(scene: Scene) -> None:
    picture = encoded(size=(20, 10))
    asked = scene.alice.slash(
        scene.channel, "imagine", {"prompt": "a fox", "image": Upload("in.png", picture)}
    )
    message = await asked.answered()
    await asked.until(lambda: bool(message.attachments))
    file = message.attachments[0]
    assert (file.filename, file.data, file.width, file.height) == ("back.png", picture, 20, 10)
    assert message.embeds[0]["image"]["url"] == file.url
    assert message.payload()["attachments"] == []
    async with aiohttp.ClientSession() as session, session.get(file.url) as answer:
        assert await answer.read() == picture


async def test_a_followup_after_the_original_is_a_message_of_its_own(scene: Scene) -> None:
    asked = scene.owner.slash(scene.channel, "imagine", {"prompt": "a fox", "model": "large"})
    await asked.until(lambda: bool(asked.followups))
    assert asked.followups[0].text() == "model large True"
    assert asked.followups[0].is_ephemeral
    assert len(scene.channel.messages()) == 1


async def test_the_first_followup_fills_a_deferred_answer(scene: Scene) -> None:
    asked = scene.alice.slash(scene.channel, "say", {"text": "hello"})
    message = await asked.answered()
    assert message is asked.original
    assert message.text() == "said"
    assert message.is_ephemeral
    assert asked.followups == []
    public = scene.channel.messages()[0]
    assert public.text() == "hello!"
    assert public.attachments[0].filename == "data_file.bin"
    assert scene.server.direct_channel(scene.alice).messages()[0].text() == "privately"


async def test_autocomplete_suggests(scene: Scene) -> None:
    typed = scene.alice.autocomplete(scene.channel, "imagine", {"model": "sd"}, focused="model")
    await typed.acked()
    assert typed.choices == [
        {"name": "sd small", "value": "sd-small"},
        {"name": "sd large", "value": "sd-large"},
    ]


async def test_a_form_is_opened_and_sent(scene: Scene) -> None:
    opened = await scene.alice.slash(scene.channel, "form").acked()
    with pytest.raises(ClientRefused):
        scene.alice.submit_modal(opened, {"Prompt": "x" * 51})
    sent = scene.alice.submit_modal(opened, {"Prompt": "two foxes"})
    assert (await sent.answered()).text() == "form says two foxes"


async def test_a_menu_edits_the_message_it_stands_on(scene: Scene) -> None:
    message = await scene.alice.slash(scene.channel, "pick").answered()
    chosen = scene.alice.select(message, "Size", ["big"])
    await chosen.until(lambda: message.text() == "chose big")
    assert chosen.ack_type == 6
    assert chosen.original is message


async def test_a_layout_is_edited_with_a_picture_and_keeps_it(scene: Scene) -> None:
    asked = scene.alice.slash(scene.channel, "layout")
    message = await asked.answered()
    await asked.until(lambda: message.text() == "done again")
    assert message.is_v2
    assert message.content == ""
    assert message.shown_files() == message.attachments
    assert message.attachments[0].width == 40
    assert [revision.text for revision in message.revisions] == ["working @everyone", "done", "done again"]
    assert not any(revision.pinged for revision in message.revisions)
    clicked = await scene.alice.click(message, "cancel:9").acked()
    assert clicked.ack_type == 7
    assert message.text() == "cancelled 9"
    assert message.shown_files() == []


async def test_subcommands_check_permissions_and_resolve_what_they_name(scene: Scene) -> None:
    role = scene.server.add_role(scene.guild, "Mods", permissions=MANAGE_GUILD)
    mod = scene.server.add_member(scene.guild, "mod", roles=[role])
    options = {"measure": 3, "member": scene.alice, "channel": scene.channel, "role": role}
    assert not scene.alice.can_see_command(scene.channel, "limits set")
    with pytest.raises(ClientRefused):
        scene.alice.slash(scene.channel, "limits set", options)
    with pytest.raises(ClientRefused):
        mod.slash(scene.channel, "limits set", {"measure": 11})
    answer = await mod.slash(scene.channel, "limits set", options).answered()
    assert answer.text() == "3 ('Alice', 'art', 'Mods')"


async def test_what_discord_refuses_names_each_bad_field(scene: Scene) -> None:
    scene.alice.slash(scene.channel, "clash")
    await scene.server.until(lambda: bool(scene.bot.errors))
    error = scene.bot.errors[0]
    assert isinstance(error, discord.HTTPException)
    assert (error.status, error.code) == (400, 50035)
    assert "In content: Must be 2000 or fewer in length." in error.text
    assert "custom_id: Component custom id cannot be duplicated" in error.text


async def test_a_file_over_the_limit_of_the_server_is_refused(scene: Scene) -> None:
    scene.alice.slash(scene.channel, "say", {"text": "big", "size": (10 << 20) + 1})
    await scene.server.until(lambda: bool(scene.bot.errors))
    error = scene.bot.errors[0]
    assert isinstance(error, discord.HTTPException)
    assert (error.status, error.code) == (413, 40005)


async def test_the_sixth_edit_of_a_token_waits_for_the_window(scene: Scene) -> None:
    scene.server.set_limits(Limits())
    busy = Denied()
    asked = scene.alice.slash(scene.channel, "flood")
    await asked.until(lambda: bool(asked.original) and asked.original.text() == "edit 5")
    edits = scene.server.requests_to("PATCH", "@original")
    assert [edit.status for edit in edits] == [200] * 6
    assert edits[5].at_s - edits[0].at_s >= 1.9
    assert edits[4].at_s - edits[0].at_s - busy.seconds < edits[5].at_s - edits[4].at_s


async def test_an_impatient_client_is_told_429_with_the_seconds_to_wait(scene: Scene) -> None:
    scene.server.set_limits(Limits())
    url = f"{scene.server.api_url}/channels/{scene.channel.id}/messages"
    headers = {"Authorization": f"Bot {scene.server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for left in (4, 3, 2, 1, 0):
            async with session.post(url, json={"content": "x"}) as answer:
                assert answer.headers["X-RateLimit-Remaining"] == str(left)
        async with session.post(url, json={"content": "x"}) as answer:
            body = await answer.json()
            assert answer.status == 429
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["X-RateLimit-Scope"] == "user"
            assert int(answer.headers["Retry-After"]) >= body["retry_after"] > 0
            assert body["global"] is False
    assert len(scene.server.invalid_requests) == 1


async def test_a_token_is_refused_after_fifteen_minutes(scene: Scene) -> None:
    asked = scene.alice.slash(scene.channel, "imagine", {"prompt": "a fox"})
    await asked.until(lambda: bool(asked.original) and bool(asked.original.buttons()))
    scene.server.advance(901)
    url = f"{scene.server.api_url}/webhooks/{scene.bot.application_id}/{asked.token}/messages/@original"
    async with aiohttp.ClientSession() as session, session.patch(url, json={"content": "late"}) as answer:
        assert answer.status == 401
        assert (await answer.json())["code"] == 50027


async def test_a_second_acknowledgement_and_a_late_one_are_refused(scene: Scene) -> None:
    asked = await scene.alice.slash(scene.channel, "imagine", {"prompt": "a fox"}).acked()
    url = f"{scene.server.api_url}/interactions/{asked.id}/{asked.token}/callback"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, json={"type": 5}) as answer:
            assert (await answer.json())["code"] == 40060
        asked.acked_at_s = None
        asked.sent_at_s = time.monotonic() - 3.1
        async with session.post(url, json={"type": 5}) as answer:
            assert (await answer.json())["code"] == 10062


async def test_faults_answer_reset_or_lose_the_reply(scene: Scene) -> None:
    channel = scene.bot.get_partial_messageable(scene.channel.id)
    scene.server.fault("POST", r"/channels/\d+/messages", status=503)
    with pytest.raises(discord.DiscordServerError):
        await channel.send("one")
    scene.server.fault("POST", r"/channels/\d+/messages", kind="reset")
    with pytest.raises(aiohttp.ClientOSError) as reset:
        await channel.send("two")
    assert reset.value.errno == 104
    lost = scene.server.fault("POST", r"/channels/\d+/messages", kind="close", after=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await channel.send("three")
    assert lost.used == 1
    assert [message.text() for message in scene.channel.messages()] == ["three"]
    assert [entry.status for entry in scene.server.requests_to("POST", "/channels/")] == [503, 0, 0]


async def test_a_deleted_message_is_unknown_on_both_routes(scene: Scene) -> None:
    asked = scene.alice.slash(scene.channel, "imagine", {"prompt": "a fox"})
    message = await asked.answered()
    scene.server.delete_message(message)
    with pytest.raises(discord.NotFound) as gone:
        await (
            scene.bot.get_partial_messageable(scene.channel.id)
            .get_partial_message(message.id)
            .edit(content="x")
        )
    assert gone.value.code == 10008


async def test_a_dropped_gateway_resumes_and_hears_what_it_missed(scene: Scene) -> None:
    await scene.server.gateway.drop()
    asked = scene.alice.slash(scene.channel, "imagine", {"prompt": "missed"})
    assert "missed" in (await asked.answered()).text()
    await asyncio.wait_for(scene.bot.resumed.wait(), 5)
    assert len(scene.server.gateway.identified_at_s) == 1
    assert len(scene.server.gateway.resumed_at_s) == 1


async def test_an_invalidated_session_identifies_again(scene: Scene) -> None:
    scene.server.gateway.invalidate(resumable=False)
    await scene.server.until(lambda: len(scene.server.gateway.identified_at_s) == 2)
    await scene.server.connected()
    assert await scene.alice.slash(scene.channel, "imagine", {"prompt": "again"}).acked()


async def test_a_wrong_token_is_turned_away(scene: Scene) -> None:
    async with commands.Bot("!", intents=discord.Intents.none()) as stranger:
        with pytest.raises(discord.LoginFailure):
            await stranger.login("wrong")


async def test_a_bad_command_is_refused_at_registration(scene: Scene) -> None:
    bad = {"name": "Loud", "description": "", "options": [
        {"type": 3, "name": "a", "description": "a"},
        {"type": 3, "name": "b", "description": "b", "required": True},
    ]}  # fmt: skip
    with pytest.raises(discord.HTTPException) as refused:
        await scene.bot.http.bulk_upsert_global_commands(scene.bot.application_id, [bad])
    text = refused.value.text
    assert "Command name is invalid" in text
    assert "In 0.description: This field is required" in text
    assert "Required options must be placed before non-required options" in text


def gallery(*urls: str) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": url}} for url in urls]}


def button(custom_id: str, label: str = "x") -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}


V2 = 1 << 15
TEXT = {"type": 10, "content": "x"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": ""}, None),
        ({"content": "x" * 2001}, "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 4097}]}, "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x", "fields": [{"name": "", "value": "y"}]}]}, "BASE_TYPE_REQUIRED"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, "MAX_EMBED_SIZE_EXCEEDED"),
        ({"embeds": [{"image": {"url": "attachment://none.png"}}]}, "ATTACHMENT_NOT_FOUND"),
        ({"content": "x", "components": [TEXT]}, "UNION_TYPE_CHOICES"),
        ({"content": "x", "components": [TEXT], "flags": V2}, "CANNOT_USE_LEGACY_FIELDS"),
        ({"components": [TEXT] * 41, "flags": V2}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": [{"type": 10, "content": "x" * 2001}] * 2, "flags": V2}, "TEXT_SIZE_EXCEEDED"),
        ({"components": [{"type": 10, "content": ""}], "flags": V2}, "BASE_TYPE_REQUIRED"),
        ({"components": [gallery()], "flags": V2}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": [gallery(*["https://a.b/c.png"] * 11)], "flags": V2}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": [gallery("attachment://none.png")], "flags": V2}, "ATTACHMENT_NOT_FOUND"),
        ({"components": [{"type": 17, "components": [{"type": 17}]}], "flags": V2}, "UNION_TYPE_CHOICES"),
        ({"components": [{"type": 1, "components": [button(str(n)) for n in range(6)]}]}, "BAD_LENGTH"),
        ({"components": [{"type": 1, "components": [button("x" * 101)]}]}, "BAD_LENGTH"),
        ({"components": [{"type": 1, "components": [button("a"), button("a")]}]}, "CUSTOM_ID_DUPLICATED"),
        ({"components": [{"type": 1, "components": [button("a", "")]}]}, "INVALID_LABEL"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "BASE_TYPE_CHOICES"),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "PARSE_EXCLUSIVE"),
        ({"content": "x", "attachments": [{"id": 0, "filename": "none.png"}]}, "ATTACHMENT_NOT_FOUND"),
    ],
)
async def test_a_body_that_discord_refuses_is_refused(body: dict[str, Any], code: str | None) -> None:
    async with DiscordStandIn() as server:
        channel = server.add_channel(server.add_guild())
        headers = {"Authorization": f"Bot {server.token}"}
        url = f"{server.api_url}/channels/{channel.id}/messages"
        async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=body) as answer:
            assert answer.status == 400
            refusal = await answer.json()
            assert refusal["code"] == (50035 if code else 50006)
            assert code is None or code in str(refusal["errors"])
        assert channel.messages() == []


async def test_mentions_ring_as_the_route_and_allowed_mentions_say(scene: Scene) -> None:
    server, channel = scene.server, scene.channel
    text = f"@everyone <@{scene.alice.id}>"
    url = f"{server.api_url}/channels/{channel.id}/messages"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {server.token}"}) as session:
        for body in ({"content": text}, {"content": text, "allowed_mentions": {"parse": []}}):
            async with session.post(url, json=body) as answer:
                assert answer.status == 200
        server.give_bot_roles(scene.guild, [server.add_role(scene.guild, "Loud", permissions=1 << 17)])
        async with session.post(url, json={"content": text}) as answer:
            assert answer.status == 200
    rung = [message.revisions[0].pinged for message in channel.messages()]
    assert rung == [{str(scene.alice.id)}, set(), {str(scene.alice.id), "everyone"}]


async def test_the_hidden_limit_of_a_channel_is_shared_by_its_tokens(scene: Scene) -> None:
    scene.server.set_limits(Limits(hidden=HiddenLimit(Limit(3, 60.0))))
    told = []
    async with aiohttp.ClientSession() as session:
        for _ in range(4):
            asked = await scene.alice.slash(scene.channel, "form").acked()
            url = f"{scene.server.api_url}/webhooks/{scene.bot.application_id}/{asked.token}"
            async with session.post(url, json={"content": "x"}) as answer:
                told.append((answer.status, answer.headers.get("X-RateLimit-Scope")))
    assert told == [(200, None)] * 3 + [(429, "shared")]
    assert scene.server.invalid_requests == []


async def test_the_bot_is_held_to_fifty_requests_a_second(scene: Scene) -> None:
    scene.server.set_limits(Limits())
    headers = {"Authorization": f"Bot {scene.server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def ask() -> tuple[int, str | None]:
            async with session.get(f"{scene.server.api_url}/users/@me") as answer:
                return answer.status, answer.headers.get("X-RateLimit-Scope")

        told = await asyncio.gather(*(ask() for _ in range(60)))
    assert told.count((200, None)) >= 50
    assert (429, "global") in told or scene.server.requests[-1].at_s - scene.server.requests[-60].at_s > 1


async def test_closed_doors_have_their_own_codes(scene: Scene) -> None:
    scene.alice.dms_open = False
    user = await scene.bot.fetch_user(scene.alice.id)
    with pytest.raises(discord.Forbidden) as closed:
        await user.send("hello")
    assert closed.value.code == 50007
    channel = scene.bot.get_partial_messageable(scene.channel.id)
    scene.server.set_overwrite(scene.channel, scene.guild.everyone, deny=1 << 11)
    with pytest.raises(discord.Forbidden) as silent:
        await channel.send("hello")
    assert silent.value.code == 50013
    scene.server.remove_bot(scene.guild)
    with pytest.raises(discord.Forbidden) as gone:
        await channel.send("hello")
    assert gone.value.code == 50001
    scene.server.delete_channel(scene.channel)
    with pytest.raises(discord.NotFound) as unknown:
        await channel.send("hello")
    assert unknown.value.code == 10003


async def test_a_command_reaches_the_bot_in_a_direct_message(scene: Scene) -> None:
    channel = scene.server.direct_channel(scene.alice)
    message = await scene.alice.slash(channel, "imagine", {"prompt": "alone"}).answered()
    assert "alone" in message.text()
    assert message.payload().get("guild_id") is None


async def test_stopping_ends_a_hanging_answer_at_once() -> None:
    async with DiscordStandIn() as server, aiohttp.ClientSession() as session:
        server.fault("GET", "/gateway$", kind="hang")
        waiting = asyncio.create_task(session.get(f"{server.api_url}/gateway"))
        await server.until(lambda: bool(server.requests))
        await server.stop()
        with pytest.raises(aiohttp.ClientError):
            await asyncio.wait_for(waiting, 5)
