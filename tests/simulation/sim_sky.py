"""What befalls a world as a whole: outages, a channel that closes, a clock that jumps, and calm at last."""

from __future__ import annotations

from random import Random

from tests.simulation.sim_engine import CHANNELS, World
from tests.simulation.sim_weather import Weather


class Sky:
    """Its methods are the world's fates."""

    def __init__(self, world: World, weather: Weather, chance: Random) -> None:
        self._world = world
        self._weather = weather
        self._chance = chance
        self._trace = world.disk.trace

    def wiro_goes_down(self, seconds: float) -> None:
        self._world.wiro.down_until_s = self._world.loop.now_s + seconds
        self._trace.note("wiro-down", seconds)

    def discord_goes_down(self, seconds: float) -> None:
        self._world.discord.down_until_s = self._world.loop.now_s + seconds
        self._trace.note("discord-down", seconds)

    def channel_closes(self) -> None:
        channel_id = self._chance.choice(CHANNELS)
        self._world.discord.messages.closed_places.add(channel_id)
        self._trace.note("channel-closed", channel_id)

    def clock_jumps(self) -> None:
        self._weather.skew_s += self._chance.choice((-20.0, -2.0, 2.0, 40.0))
        self._trace.note("clock", self._weather.skew_s)

    def calm(self) -> None:
        """From now on everything goes well: what is left undone has no excuse."""
        self._weather.calm()
        self._trace.note("calm")
