"""A stand-in for Discord on loopback: gateway, REST and CDN, with real buckets and Discord's own refusals."""

from discord_standin.buckets import HiddenLimit, Limits
from discord_standin.drive import ClientRefused, Person
from discord_standin.entities import ALL_PERMISSIONS, DEFAULT_EVERYONE, Channel, Guild, Role
from discord_standin.faults import Fault
from discord_standin.interactions import Interaction
from discord_standin.messages import Message, StoredFile, Upload
from discord_standin.server import DiscordStandIn
from discord_standin.wire import LoggedRequest

__all__ = [
    "ALL_PERMISSIONS",
    "DEFAULT_EVERYONE",
    "Channel",
    "ClientRefused",
    "DiscordStandIn",
    "Fault",
    "Guild",
    "HiddenLimit",
    "Interaction",
    "Limits",
    "LoggedRequest",
    "Message",
    "Person",
    "Role",
    "StoredFile",
    "Upload",
]
