"""The state of the stand-in: who, where, which messages, files, commands and interactions."""

import secrets
import time
from collections.abc import Callable

from sandbox.discord.channels import Channel, Guild, Message
from sandbox.discord.compose import clean_name, kind_of, write
from sandbox.discord.entities import User
from sandbox.discord.interactions import TOKEN_LIVES_S, Asked, Interaction
from sandbox.discord.messages import StoredFile, Upload, Via
from sandbox.discord.problems import ApiError, Json, not_found
from sandbox.discord.times import Changes, Clock, Snowflakes

GUILD_MESSAGES_INTENT, DIRECT_MESSAGES_INTENT = 1 << 9, 1 << 12

Emit = Callable[[str, Json, Guild | None, int], None]


class World:
    """Everything Discord would remember; `emit(event, data, guild, intent)` tells the gateway."""

    def __init__(self, *, application_id: int, bot: User) -> None:
        self.application_id = application_id
        self.bot = bot
        self.clock = Clock()
        self.ids = Snowflakes()
        self.changes = Changes()
        self.users: dict[int, User] = {bot.id: bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.direct: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.files: dict[int, StoredFile] = {}
        self.global_commands: list[Json] = []
        self.guild_commands: dict[int, list[Json]] = {}
        self.interactions: dict[int, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.nonces: dict[tuple[int, str], Message] = {}
        self.base_url = ""
        self.emit: Emit = lambda _event, _data, _guild, _intent: None

    # Messages

    def draft_message(
        self,
        channel: Channel,
        *,
        flags: int = 0,
        kind: int = 0,
        seen_by: User | None = None,
        about: Json | None = None,
    ) -> Message:
        """A message of the bot's that nobody sees before `write` or `publish`."""
        return Message(
            id=self.ids.take(),
            channel=channel,
            author=self.bot,
            application_id=self.application_id,
            created_at=self.clock.iso(),
            flags=flags,
            type=kind,
            seen_by=seen_by,
            interaction_metadata=about,
        )

    def write(self, message: Message, body: Json, uploads: list[Upload], via: Via) -> None:
        """Creates or edits as Discord would; raises ApiError and changes nothing when it would refuse."""
        for upload in uploads:
            if len(upload.data) > message.channel.attachment_size_limit:
                raise ApiError(413, 40005, "Request entity too large")
        before = {file.id for file in message.files}
        write(message, body, uploads, via=via, store=self._stored, at_s=time.monotonic())
        kept = {file.id for file in message.files}
        for gone in before - kept:
            self.files.pop(gone, None)
        self.files.update({file.id: file for file in message.files})
        if message.id in self.messages:
            message.edited_at = self.clock.iso()
            self._tell("MESSAGE_UPDATE", message)
        else:
            self.publish(message)
        self.changes.tell()

    def publish(self, message: Message) -> None:
        self.messages[message.id] = message
        message.channel.history.append(message)
        self._tell("MESSAGE_CREATE", message)
        self.changes.tell()

    def delete(self, message: Message) -> None:
        message.deleted = True
        self.messages.pop(message.id, None)
        for file in message.files:
            self.files.pop(file.id, None)
        guild = message.channel.guild
        data = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if guild is not None:
            data["guild_id"] = str(guild.id)
        if message.seen_by is None:
            self.emit("MESSAGE_DELETE", data, guild, _message_intent(guild))
        self.changes.tell()

    def _tell(self, event: str, message: Message) -> None:
        if message.seen_by is None:
            guild = message.channel.guild
            self.emit(event, message.payload(), guild, _message_intent(guild))

    def _stored(self, message: Message, upload: Upload, description: str | None) -> StoredFile:
        return self.make_file(message.channel, upload, description, ephemeral=message.is_ephemeral)

    def make_file(
        self, channel: Channel, upload: Upload, description: str | None, *, ephemeral: bool
    ) -> StoredFile:
        name = clean_name(upload.filename)
        number = self.ids.take()
        content_type, width, height = kind_of(name, upload.data)
        folder = "ephemeral-attachments" if ephemeral else "attachments"
        # Discord signs its CDN addresses; what matters here is that they carry a query.
        url = f"{self.base_url}/cdn/{folder}/{channel.id}/{number}/{name}?ex={number >> 40:x}&is=1&hm=0"
        return StoredFile(number, name, upload.data, url, content_type, width, height, description, ephemeral)

    # Interactions

    def begin(
        self,
        kind: Asked,
        user: User,
        channel: Channel,
        *,
        source: Message | None = None,
        opener: Interaction | None = None,
    ) -> Interaction:
        interaction = Interaction(
            id=self.ids.take(),
            token=f"aW50ZXJhY3Rpb246{secrets.token_urlsafe(48)}",
            kind=kind,
            user=user,
            channel=channel,
            changes=self.changes,
            created_s=self.clock.now_s(),
            source=source,
            opener=opener,
        )
        self.interactions[interaction.id] = interaction
        self.by_token[interaction.token] = interaction
        return interaction

    def interaction_of_webhook(self, application_id: str, token: str) -> Interaction:
        """The interaction of a webhook route; 10015 if unknown or not yet answered, 50027 past its life."""
        interaction = self.by_token.get(token)
        if interaction is None or application_id != str(self.application_id):
            raise not_found(10015, "Webhook")
        if self.clock.now_s() - interaction.created_s > TOKEN_LIVES_S:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if interaction.acked_at_s is None:
            raise not_found(10015, "Webhook")
        return interaction

    # Places

    def channel(self, number: str) -> Channel:
        found = self.channels.get(int(number)) if number.isdigit() else None
        if found is None:
            raise not_found(10003, "Channel")
        return found

    def guild(self, number: str) -> Guild:
        found = self.guilds.get(int(number)) if number.isdigit() else None
        if found is None or not found.bot_is_here:
            raise not_found(10004, "Guild")
        return found

    def direct_channel(self, user: User) -> Channel:
        if user.id not in self.direct:
            channel = Channel(self.ids.take(), "", recipient=user)
            self.direct[user.id] = self.channels[channel.id] = channel
        return self.direct[user.id]

    def commands_for(self, guild: Guild | None) -> list[Json]:
        """Commands a member can pick: the guild's own stand before global ones of the same name."""
        own = self.guild_commands.get(guild.id, []) if guild else []
        names = {(command["type"], command["name"]) for command in own}
        return [*own, *(one for one in self.global_commands if (one["type"], one["name"]) not in names)]


def _message_intent(guild: Guild | None) -> int:
    return GUILD_MESSAGES_INTENT if guild else DIRECT_MESSAGES_INTENT
