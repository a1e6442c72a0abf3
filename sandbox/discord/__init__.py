"""A stand-in for Discord on loopback: gateway, REST and CDN, with real buckets and Discord's own refusals."""

from sandbox.discord.buckets import HiddenLimit, Limits
from sandbox.discord.channels import Channel, Guild, Message
from sandbox.discord.drive import ClientRefused, Person
from sandbox.discord.entities import ALL_PERMISSIONS, DEFAULT_EVERYONE, Role
from sandbox.discord.faults import Fault
from sandbox.discord.interactions import Interaction
from sandbox.discord.messages import StoredFile, Upload
from sandbox.discord.server import DiscordStandIn
from sandbox.discord.wire import LoggedRequest

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
