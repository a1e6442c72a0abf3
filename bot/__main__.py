"""python -m bot [run] | demo | check | backup FILE"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

from bot.app import Surroundings, run
from bot.backup import BackupFailed, make_backup
from bot.check import check
from bot.domain.clock import Clock
from bot.domain.errors import DatabaseInUse, StoreError
from bot.logs import set_up_logging
from bot.settings import SettingsInvalid, load_settings

log = logging.getLogger("bot")

EXIT_FAILED = 1
EXIT_SETTINGS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 fine, 1 failed, 2 bad settings or usage."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Wiro Discord bot.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="serve on Discord (the default)")
    commands.add_parser(
        "check", help="try the settings, the database, Discord and Wiro, and say what to mend"
    )
    backup = commands.add_parser("backup", help="make a proven copy of the database; the bot may be running")
    backup.add_argument("file", type=Path, help="the copy to make; nothing is overwritten")
    demo = commands.add_parser("demo", help="try the whole bot in a browser, without accounts or network")
    demo.add_argument("--port", type=int, default=8765, help="the page's port on this machine (default 8765)")
    demo.add_argument("--data", default="data/demo", help="the folder of the demo's database")
    options = parser.parse_args(arguments)
    clock = Clock(time.time, time.monotonic)
    try:
        match options.command:
            case "check":
                logging.disable(logging.ERROR)  # the report's own lines say it
                return asyncio.run(check(clock, print))
            case "backup":
                return _backup(options.file)
            case "demo":
                return _demo(options.port, options.data)
            case _:
                return _run(clock)
    except KeyboardInterrupt:
        return 0


def _run(clock: Clock) -> int:
    try:
        settings = load_settings()
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return EXIT_SETTINGS
    set_up_logging(settings.log_level, settings.log_format, settings.secrets)
    try:
        return asyncio.run(run(settings, Surroundings(clock, SystemRandom(), asyncio.create_task)))
    except DatabaseInUse as error:
        log.error("%s. Is the bot running already? Stop it, or set another DATABASE_URL.", error.reason)  # noqa: TRY400 — foreseen
    except StoreError as error:
        log.error("The database cannot be used: %s. Check DATABASE_URL.", error.reason)  # noqa: TRY400 — foreseen
    except OSError as error:
        log.error("The bot cannot start: %s.", error)  # noqa: TRY400 — a port that is taken
    return EXIT_FAILED


def _backup(target: Path) -> int:
    try:
        print(make_backup(load_settings().database_path, target))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return EXIT_SETTINGS
    except BackupFailed as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("No backup was made: it was interrupted.", file=sys.stderr)
        return EXIT_FAILED
    return 0


def _demo(port: int, data: str) -> int:
    try:
        from bot.sandbox.demo import run_demo  # noqa: PLC0415 — its packages are an optional extra
    except ModuleNotFoundError as error:
        print(
            f"The demo needs the package {error.name}. Use `make demo`, or pip install '.[demo]'.",
            file=sys.stderr,
        )
        return EXIT_FAILED
    return asyncio.run(run_demo(port, data))


if __name__ == "__main__":
    sys.exit(main())
