"""The client of the account that the settings name."""

from __future__ import annotations

import aiohttp

from bot.domain.clock import Clock
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.signing import Credentials
from bot.settings import Settings


def wiro_client(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> WiroClient:
    """The client of the settings' account."""
    credentials = Credentials(
        settings.wiro_api_key.get_secret_value(), settings.wiro_api_secret.get_secret_value()
    )
    return WiroClient(session, settings.wiro_api_url, credentials, clock=clock, run_key=settings.wiro_run_key)
