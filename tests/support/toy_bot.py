"""A small bot that uses every part of Discord that the demo's page can draw."""

from __future__ import annotations

import asyncio
import io
import time
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui
from discord.ext import commands
from PIL import Image, ImageDraw

from tests.support.images import saved

if TYPE_CHECKING:
    from collections.abc import Coroutine

MODELS = ["stable-diffusion-3-medium", "flux-schnell", "sketch-to-picture"]
MARKDOWN = r"""# Heading one
## Heading two
### Heading three
-# small print
**bold** *italic* __under__ ~~struck~~ `code` ***both*** _also_ ||hidden words|| \*not italic\*
> a quote
> of two lines
- first
- second
  - nested
1. one
2. two
[a link](https://example.com/a?b=c "Its title") and <https://example.com/bare> and [evil](javascript:alert(1))
```py
print("hello, **world**")
```
<script>alert(1)</script> <img src=x onerror=alert(1)>
"""


def picture(text: str, size: tuple[int, int] = (512, 384), hue: int = 220) -> bytes:
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for y in range(size[1]):
        draw.line([(0, y), (size[0], y)], fill=(hue * y // size[1], 90, 255 - 160 * y // size[1]))
    draw.ellipse([size[0] // 3, size[1] // 4, size[0] * 2 // 3, size[1] * 3 // 4], fill=(255, 214, 120))
    draw.text((16, 16), text, fill="white")
    return saved(image)


def png(name: str, text: str, **kwargs: Any) -> discord.File:
    return discord.File(io.BytesIO(picture(text, **kwargs)), name)


class Cancel(ui.Button[Any]):
    def __init__(self, stopped: asyncio.Event) -> None:
        super().__init__(label="Cancel", style=discord.ButtonStyle.danger, custom_id=f"cancel-{id(stopped)}")
        self.stopped = stopped

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        self.stopped.set()


def running_card(prompt: str, percent: int, stopped: asyncio.Event) -> ui.LayoutView:
    bar = "█" * (percent // 5) + "░" * (20 - percent // 5)
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.TextDisplay(f"### Painting\n> {prompt}\n`{bar}` {percent} %"),
            ui.TextDisplay(f"-# stable-diffusion-3-medium · started <t:{int(time.time())}:R>"),
            ui.ActionRow(Cancel(stopped)),
            accent_colour=0x5865F2,
        )
    )
    return view


def done_card(prompt: str, names: list[str]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.TextDisplay(f"### Ready\n> {prompt}"),
            ui.MediaGallery(*[discord.MediaGalleryItem(f"attachment://{n}", description=n) for n in names]),
            ui.TextDisplay("-# seed `1734513807` · 1024 × 768 · 3.2 s · $0.0035"),
            ui.ActionRow(
                ui.Button(label="Again", style=discord.ButtonStyle.primary, custom_id="again"),
                ui.Button(label="Info", custom_id="info"),
                ui.Button(label="Original", url="https://example.com/original.png"),
                ui.Button(label="Delete", style=discord.ButtonStyle.danger, custom_id="delete"),
            ),
            accent_colour=0x248046,
        )
    )
    return view


class Form(ui.Modal, title="Edit the prompt"):
    prompt = ui.Label(
        text="Prompt", description="What to paint.", component=ui.TextInput(style=discord.TextStyle.paragraph)
    )
    style = ui.Label(
        text="Style",
        component=ui.Select(
            options=[
                discord.SelectOption(label="Oil", value="oil"),
                discord.SelectOption(label="Ink", value="ink"),
            ]
        ),
    )
    reviewer = ui.Label(text="Reviewer", component=ui.UserSelect(required=False))
    sketch = ui.Label(text="Sketch", component=ui.FileUpload(required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        files = self.sketch.component.values
        people = ", ".join(user.mention for user in self.reviewer.component.values) or "nobody"
        size = len(await files[0].read()) if files else 0
        style = self.style.component.values[0]
        await interaction.response.send_message(
            f"Form: {self.prompt.component.value} / {style} / {people} / {size} bytes"
        )


class Menus(ui.View):
    @ui.select(
        placeholder="Choose colours",
        min_values=1,
        max_values=3,
        options=[
            discord.SelectOption(label=name, value=name.lower(), description=f"The colour {name.lower()}")
            for name in ("Red", "Green", "Blue", "Yellow")
        ],
    )
    async def colours(self, interaction: discord.Interaction, menu: ui.Select[Any]) -> None:
        await interaction.response.send_message(f"Colours: {', '.join(menu.values)}")

    @ui.select(cls=ui.UserSelect, placeholder="Choose a person")
    async def person(self, interaction: discord.Interaction, menu: ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(f"Person: {menu.values[0].mention}")

    @ui.select(cls=ui.RoleSelect, placeholder="Choose a role")
    async def role(self, interaction: discord.Interaction, menu: ui.RoleSelect[Any]) -> None:
        await interaction.response.send_message(f"Role: {menu.values[0].mention}")

    @ui.select(cls=ui.ChannelSelect, placeholder="Choose a channel")
    async def channel(self, interaction: discord.Interaction, menu: ui.ChannelSelect[Any]) -> None:
        await interaction.response.send_message(f"Channel: <#{menu.values[0].id}>")

    @ui.button(label="Never", disabled=True)
    async def never(self, interaction: discord.Interaction, button: ui.Button[Any]) -> None:
        raise AssertionError("a disabled button was pressed")


class ToyBot(commands.Bot):
    """`spawn` starts the jobs outside simcord; a job takes ten steps of `step_s` seconds."""

    def __init__(self, *, spawn: Any, step_s: float = 0.1) -> None:
        super().__init__(command_prefix=commands.when_mentioned, intents=discord.Intents(guilds=True))
        self._spawn = spawn
        self.step_s = step_s
        self.jobs: set[asyncio.Task[None]] = set()

    def spawn(self, coro: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(coro)
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)

    async def setup_hook(self) -> None:
        for command in (imagine, menus, form, whisper, show, direct, crash, think):
            self.tree.add_command(command)
        self.tree.add_command(Limits())
        self.tree.add_command(app_commands.ContextMenu(name="Repeat it", callback=repeat))
        self.tree.add_command(app_commands.ContextMenu(name="Greet", callback=greet))
        await self.tree.sync()

    async def close(self) -> None:
        for task in list(self.jobs):
            task.cancel()
        await asyncio.gather(*self.jobs, return_exceptions=True)
        await super().close()

    async def run_job(self, interaction: discord.Interaction, prompt: str, count: int) -> None:
        stopped = asyncio.Event()
        for step in range(10):
            await interaction.edit_original_response(view=running_card(prompt, step * 10, stopped))
            try:
                async with asyncio.timeout(self.step_s):
                    await stopped.wait()
            except TimeoutError:
                continue
            view = ui.LayoutView()
            view.add_item(ui.Container(ui.TextDisplay("### Cancelled\nNothing was charged.")))
            await interaction.edit_original_response(view=view)
            return
        files = [png(f"{n}.png", f"{prompt} #{n}", hue=60 * n) for n in range(1, count + 1)]
        await interaction.edit_original_response(
            view=done_card(prompt, [f.filename for f in files]), attachments=files
        )


@app_commands.command(description="Turn a prompt into a picture")
@app_commands.describe(
    prompt="What to paint",
    model="Which model paints it",
    aspect="Shape of the picture",
    steps="More steps, finer picture",
    guidance="How closely to follow the prompt",
    count="How many pictures",
    private="Only you see the answer",
    image="A picture to start from",
)
@app_commands.choices(aspect=[app_commands.Choice(name=n, value=n) for n in ("1:1", "16:9", "9:16")])
async def imagine(
    interaction: discord.Interaction[ToyBot],
    prompt: app_commands.Range[str, 1, 500],
    model: str | None = None,
    aspect: str | None = None,
    steps: app_commands.Range[int, 1, 100] | None = None,
    guidance: app_commands.Range[float, 0, 20] | None = None,
    count: app_commands.Range[int, 1, 10] = 1,
    private: bool = False,
    image: discord.Attachment | None = None,
) -> None:
    await interaction.response.defer(thinking=True, ephemeral=private)
    given = [model, aspect, steps, guidance, f"{image.filename}:{len(await image.read())}" if image else None]
    extra = "".join(f" [{value}]" for value in given if value is not None)
    interaction.client.spawn(interaction.client.run_job(interaction, prompt + extra, count))


@imagine.autocomplete("model")
async def models(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=name.title(), value=name) for name in MODELS if typed.lower() in name]


@app_commands.command(description="Every kind of menu")
async def menus(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("Choose:", view=Menus(timeout=None))


@app_commands.command(description="A form with every kind of field")
async def form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Form())


@app_commands.command(description="An answer that only you can see")
async def whisper(interaction: discord.Interaction, text: str, to: discord.Member | None = None) -> None:
    await interaction.response.send_message(f"psst: {text} {to.mention if to else ''}", ephemeral=True)


@app_commands.command(description="Show one kind of message")
@app_commands.choices(
    what=[app_commands.Choice(name=n, value=n) for n in ("markdown", "embed", "layout", "files", "gallery")]
)
async def show(interaction: discord.Interaction, what: str) -> None:
    send = interaction.response.send_message
    if what == "markdown":
        channel, user = interaction.channel_id, interaction.user.mention
        await send(MARKDOWN + f"{user} <#{channel}> <t:{int(time.time()) - 90}:R> <t:1790000000:f>")
    elif what == "embed":
        embed = discord.Embed(title="An embed", description="with **bold** text", colour=0xEB459E)
        embed.add_field(name="Left", value="1").add_field(name="Right", value="2")
        embed.set_image(url="attachment://sun.png").set_footer(text="the footer").set_author(
            name="the author"
        )
        await send(embed=embed, file=png("sun.png", "sun"))
    elif what == "layout":
        await send(view=layout(), files=[png("thumb.png", "t", size=(128, 128)), note()])
    elif what == "files":
        page = discord.File(io.BytesIO(b"<script>alert(1)</script>"), "page.html")
        await send("Files:", files=[png("SPOILER_secret.png", "secret"), note(), page])
    else:
        files = [png(f"{n}.png", str(n), size=(320, 240), hue=25 * n) for n in range(10)]
        view = ui.LayoutView()
        items = [discord.MediaGalleryItem(f"attachment://{n}.png", spoiler=n == 9) for n in range(10)]
        view.add_item(ui.Container(ui.TextDisplay("Ten pictures"), ui.MediaGallery(*items)))
        await send(view=view, files=files)


def note() -> discord.File:
    return discord.File(io.BytesIO(b"some notes\n" * 200), "notes.txt")


def layout() -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    button = ui.Button(label="Change", style=discord.ButtonStyle.success, custom_id="change", emoji="🎨")
    menu = ui.Select(
        custom_id="quality",
        placeholder="Quality",
        options=[
            discord.SelectOption(label="Draft", value="draft"),
            discord.SelectOption(label="Fine", value="fine"),
        ],
    )
    view.add_item(ui.TextDisplay("Text outside of a container"))
    view.add_item(
        ui.Container(
            ui.Section("## Section", "with a *thumbnail*", accessory=ui.Thumbnail("attachment://thumb.png")),
            ui.Separator(spacing=discord.SeparatorSpacing.large),
            ui.Section("A setting: **on**", accessory=button),
            ui.Separator(visible=False),
            ui.File("attachment://notes.txt"),
            ui.ActionRow(menu),
            ui.ActionRow(
                *[ui.Button(label=s.name, style=s, custom_id=s.name) for s in list(discord.ButtonStyle)[:4]],
                ui.Button(label="off", disabled=True, custom_id="off"),
            ),
            accent_colour=0xF0B232,
        )
    )
    view.add_item(ui.Container(ui.TextDisplay("A hidden box"), spoiler=True))
    return view


@app_commands.command(description="Send yourself a direct message")
async def direct(interaction: discord.Interaction) -> None:
    await interaction.user.send("Here is your **private** picture", file=png("private.png", "private"))
    await interaction.response.send_message("Sent.", ephemeral=True)


@app_commands.command(description="Fail on purpose")
async def crash(interaction: discord.Interaction) -> None:
    raise RuntimeError("the toy broke")


@app_commands.command(description="Think for a long time")
async def think(interaction: discord.Interaction[ToyBot]) -> None:
    await interaction.response.defer(thinking=True)


@app_commands.default_permissions(manage_guild=True)
class Limits(app_commands.Group, name="limits", description="Who may use how much"):
    @app_commands.command(name="set", description="Set a limit")
    @app_commands.choices(measure=[app_commands.Choice(name=n, value=n) for n in ("runs", "spend")])
    async def set_limit(
        self,
        interaction: discord.Interaction,
        measure: str,
        amount: app_commands.Range[float, 0, 1000],
        role: discord.Role | None = None,
        member: discord.Member | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        about = " ".join(subject.mention for subject in (role, member, channel) if subject)
        await interaction.response.send_message(f"{measure} = {amount:g} {about}", ephemeral=True)

    @app_commands.command(name="show", description="Show the limits")
    async def show_limits(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("No limits are set.", ephemeral=True)


async def repeat(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"Again: {message.content or 'a card'} {message.jump_url}")


async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
    await interaction.response.send_message(f"Hello, {member.mention}!")
