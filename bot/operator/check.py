"""`python -m bot check`: settings, database, Discord and Wiro, one line each with what to mend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord

from bot.discord.discordpy_patches import use_api
from bot.domain.clock import Clock
from bot.domain.errors import DatabaseInUse, StoreError
from bot.engines.port import EngineAuthFailed, EngineError, EngineNotFound, EngineUnreachable
from bot.engines.wiro.build import wiro_client
from bot.operator.exposed import exposed_files, format_exposed
from bot.operator.messages import format_store_error
from bot.settings import Settings, SettingsInvalid, load_settings
from bot.store.sqlite.bill_alarms import AlarmRecords
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.look import looked_at

RECONCILE_S: Final = 30 * 86_400.0  # for so long a bill that is not believed is worth a line

# View channels, send messages (also in threads), attach files.
PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    read_message_history=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str
    is_fine: bool
    text: str
    is_grave: bool = True  # else what is not fine keeps nobody from starting

    def __str__(self) -> str:
        verdict = "ok" if self.is_fine else "FAIL" if self.is_grave else "warn"
        return f"{verdict:<4}  {self.subject}: {self.text}"


async def check(clock: Clock, tell: Callable[[str], None]) -> int:
    """Try everything, tell a line each. 0 when all is fine, 1 otherwise."""
    is_fine = True
    async for finding in _findings(clock):
        tell(str(finding))
        is_fine = is_fine and (finding.is_fine or not finding.is_grave)
    tell(
        "Everything is in place: start with `python -m bot`."
        if is_fine
        else "Mend what failed and check again."
    )
    return 0 if is_fine else 1


async def _findings(clock: Clock) -> AsyncIterator[Finding]:
    try:
        settings = load_settings()
    except SettingsInvalid as error:
        for sentence in error.sentences:
            yield Finding("Settings", is_fine=False, text=sentence)
        return
    yield Finding("Settings", is_fine=True, text="complete")
    yield Finding("Limits", is_fine=True, text=_limits(settings))
    yield _files(settings)
    yield await _database(settings, clock)
    yield await _discord(settings)
    async with _wiro_session() as session:
        for wiro_check in (_wiro_key, _wiro_model):
            finding = await wiro_check(settings, session, clock)
            yield finding
            if not finding.is_fine:
                return
    if settings.wiro_run_key:
        # Only a run that is paid for shows whether the account keeps its key, ignores it or refuses it.
        text = (
            f"sent with each run as {settings.wiro_run_key}; what Wiro makes of it shows with the first run"
        )
        yield Finding("Run key", is_fine=True, text=text)


def _files(settings: Settings) -> Finding:
    exposed = exposed_files(settings.database_path)
    text = format_exposed(exposed) if exposed else "no other user of this machine may read them"
    return Finding("Files", is_fine=not exposed, text=text, is_grave=False)


def _limits(settings: Settings) -> str:
    """The money that anybody can spend, and who anybody is."""
    server = settings.most_a_server
    most = f", each server {server}" if server is not None else ""
    count = len(settings.allowed_guilds)
    where = (
        f"the servers named in ALLOWED_GUILDS ({count})"
        if count
        else "every server that adds the bot (name yours in ALLOWED_GUILDS, or switch Public Bot off)"
    )
    return (
        f"in a day each member {settings.default_spend_per_day} where a server says nothing, each person "
        f"{settings.most_a_person}{most}, all together {settings.operator_spend_per_day}; a run at most "
        f"{settings.max_run_price}, {settings.default_at_once} at once; open to {where}, direct messages "
        f"{'on' if settings.direct_messages else 'off'}, {len(settings.blocked_users)} people blocked"
    )


async def _database(settings: Settings, clock: Clock) -> Finding:
    path = settings.database_path
    try:
        async with looked_at(path, clock.wall) as look:
            if look is None:
                text = f"there is none at {path}; the first start makes it"
                return Finding("Database", is_fine=True, text=text)
            faults = await JobStore(look.database).audit()
            strange = await AlarmRecords(look.database).to_reconcile(clock.wall() - RECONCILE_S)
    except DatabaseInUse:
        return Finding(
            "Database",
            is_fine=False,
            text=f"{path} is in use by another process: stop the running bot first.",
        )
    except StoreError as error:
        return Finding("Database", is_fine=False, text=format_store_error(error))
    if faults:
        return Finding("Database", is_fine=False, text=f"{path}: the books do not balance: {faults[0]}.")
    text = f"{path} is ours and its books balance"
    if look.migrations:
        names = ", ".join(f"{migration.number:04} {migration.name}" for migration in look.migrations)
        text += f"; the next start brings it up to date ({names}), which went well on a copy"
    if strange:
        tasks = ", ".join(alarm.task_id or "?" for alarm in strange[:5])
        text += (
            f"; {len(strange)} bills of the last 30 days could not be believed and were booked as held: see "
            f"their tasks in Wiro's dashboard ({tasks})"
        )
    return Finding("Database", is_fine=True, text=text)


async def _discord(settings: Settings) -> Finding:
    if settings.is_own_discord_api:
        use_api(settings.discord_api_url)
    client = discord.Client(intents=discord.Intents.none())
    try:
        async with client:
            await client.login(settings.discord_token.get_secret_value())
            await client.http.get_bot_gateway()
            link = discord.utils.oauth_url(client.application_id or 0, permissions=PERMISSIONS)
            return Finding("Discord", is_fine=True, text=f"logged in as {client.user}; invite it with {link}")
    except discord.LoginFailure:
        text = "the token is not accepted: copy DISCORD_TOKEN anew from the Bot page of your application."
    except (discord.HTTPException, discord.GatewayNotFound) as error:
        text = f"refused ({type(error).__name__}): try again later, or check DISCORD_API_URL."
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        text = f"cannot be reached ({type(error).__name__}): check the network and DISCORD_API_URL."
    return Finding("Discord", is_fine=False, text=text)


async def _wiro_key(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Finding:
    try:
        await wiro_client(settings, session, clock).check_credentials()
    except EngineAuthFailed as error:
        text = f"the key is not accepted ({error.message}): check WIRO_API_KEY and WIRO_API_SECRET."
    except EngineUnreachable:
        text = "cannot be reached: check the network and WIRO_API_URL."
    except EngineError as error:
        text = f"answers with a failure ({error.message}): try again later, or check WIRO_API_URL."
    else:
        kind = "signature" if settings.wiro_api_secret.get_secret_value() else "key"
        return Finding("Wiro", is_fine=True, text=f"the {kind} is accepted")
    return Finding("Wiro", is_fine=False, text=text)


async def _wiro_model(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Finding:
    try:
        model = await wiro_client(settings, session, clock).model(settings.wiro_model)
    except EngineNotFound:
        text = f"Wiro has no {settings.wiro_model}: set WIRO_MODEL to the owner/project of a model's page."
        return Finding("Model", is_fine=False, text=text)
    except EngineError as error:
        return Finding("Model", is_fine=False, text=f"Wiro's catalogue does not answer: {error.message}.")
    return Finding("Model", is_fine=True, text=f"{model.title or model.slug} can be used")


@asynccontextmanager
async def _wiro_session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
