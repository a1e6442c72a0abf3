"""Tells the operator, and the moderators of the server, of bills that nobody could foresee."""

from __future__ import annotations

import logging
from typing import Final

from bot.domain.limits.bill_alarm import BillAlarm
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.ports import AlarmChannel, AlarmStore

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 15.0


class BillAlarms:
    """An alarm is recorded with its bill, and told once, over any restart."""

    def __init__(
        self, store: AlarmStore, guild_settings: GuildSettingsService, channel: AlarmChannel
    ) -> None:
        self._store = store
        self._guild_settings = guild_settings
        self._channel = channel

    async def look(self) -> None:
        """Tell what has not been told. Raises StoreError."""
        for alarm in await self._store.untold():
            _log(alarm)
            await self._store.told(alarm)
            channel_id = (await self._guild_settings.of(alarm.guild_id)).rules.log_channel_id
            if channel_id is not None:
                await self._channel.alarm(channel_id, alarm)


def _log(alarm: BillAlarm) -> None:
    if alarm.billed is None:
        log.error(
            "job %d (task %s, %s): Wiro's bill is no amount, or past belief; its hold of %s stands for it. "
            "Look the task up in Wiro's dashboard",
            alarm.job_id,
            alarm.task_id,
            alarm.model,
            alarm.hold,
        )
    else:
        log.error(
            "job %d (task %s, %s): Wiro billed %s where %s was held; %d running jobs of this model are held "
            "for as much now, and so is every new one for the next hour",
            alarm.job_id,
            alarm.task_id,
            alarm.model,
            alarm.billed,
            alarm.hold,
            alarm.raised_jobs,
        )
