"""python -m bot [run] | demo | check | backup FILE | restore FILE"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.domain.clock import Clock
    from bot.runtime.shutdown import StopSignal
    from bot.settings import Settings

# Everything else is imported where it is used: a stop signal is heard before the modules have been read, and
# a second process is sent away without reading them.
# ruff: noqa: PLC0415

EXIT_FAILED = 1
EXIT_SETTINGS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 fine, 1 failed, 2 bad settings or usage."""
    import argparse
    import os
    from pathlib import Path

    os.umask(0o077)  # whatever is made holds secrets or members' words: it is for this user alone

    parser = argparse.ArgumentParser(prog="python -m bot", description="The Wiro Discord bot.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="serve on Discord (the default)")
    commands.add_parser(
        "check", help="try the settings, the database, Discord and Wiro, and say what to mend"
    )
    backup = commands.add_parser("backup", help="make a proven copy of the database; the bot may be running")
    backup.add_argument("file", type=Path, help="the copy to make; nothing is overwritten")
    restore = commands.add_parser(
        "restore", help="put a backup in the place of the database; the bot is stopped"
    )
    restore.add_argument("file", type=Path, help="the backup; the database of now is kept under another name")
    demo = commands.add_parser("demo", help="try the whole bot in a browser, without accounts or network")
    demo.add_argument("--port", type=int, default=8765, help="the page's port on this machine (default 8765)")
    demo.add_argument("--data", default="data/demo", help="the folder of the demo's database")
    options = parser.parse_args(arguments)
    if options.command not in {None, "run"}:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        match options.command:
            case "check":
                return _check()
            case "backup" | "restore":
                return _copy(options.command, options.file)
            case "demo":
                return _demo(options.port, options.data)
            case _:
                return _run()
    except KeyboardInterrupt:
        return 0


def _run() -> int:
    from bot.runtime.shutdown import StopSignal

    stop = StopSignal()
    stop.install()
    import asyncio
    import logging

    from bot.domain.errors import DatabaseInUse, StoreError
    from bot.observability.logs import set_up_logging
    from bot.operator.exposed import exposed_files, format_exposed
    from bot.operator.messages import format_store_error
    from bot.settings import SettingsInvalid, load_settings
    from bot.store.sqlite.lock_owner import format_lock_owner, lock_owner

    try:
        settings = load_settings()
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return EXIT_SETTINGS
    set_up_logging(settings.log_level, settings.log_format, settings.secrets)
    log = logging.getLogger("bot")
    path = settings.database_path
    exposed = exposed_files(path)
    if exposed:
        log.warning(format_exposed(exposed))
    try:
        if lock_owner(path) is not None:
            raise DatabaseInUse(f"{path} is in use by {format_lock_owner(path)}")
        return asyncio.run(_serve(settings, stop))
    except StoreError as error:
        log.error(format_store_error(error))  # noqa: TRY400 — foreseen
    except OSError as error:
        log.error("The bot cannot start: %s.", error)  # noqa: TRY400 — a port that is taken
    return EXIT_FAILED


async def _serve(settings: Settings, stop: StopSignal) -> int:
    import asyncio
    from random import SystemRandom

    from bot.app import Runtime, run

    return await run(settings, Runtime(_clock(), SystemRandom(), asyncio.create_task), stop)


def _clock() -> Clock:
    import time

    from bot.domain.clock import Clock

    return Clock(time.time, time.monotonic)


def _check() -> int:
    import asyncio
    import logging

    from bot.operator.check import check

    logging.disable(logging.ERROR)  # the report's own lines say it
    return asyncio.run(check(_clock(), print))


def _copy(command: str, file: Path) -> int:
    """`backup` and `restore`: one sentence, on standard error where it did not succeed."""
    from bot.operator.backup import BackupFailed, make_backup
    from bot.operator.restore import restore
    from bot.settings import SettingsInvalid, load_settings

    try:
        path = load_settings().database_path
        print(make_backup(path, file) if command == "backup" else restore(path, file, _clock().wall))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)
        return EXIT_SETTINGS
    except BackupFailed as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        done = "No backup was made" if command == "backup" else "The backup was not restored"
        print(f"{done}: it was interrupted.", file=sys.stderr)
        return EXIT_FAILED
    return 0


def _demo(port: int, data: str) -> int:
    import asyncio

    try:
        from sandbox.demo.demo import run_demo  # its packages are an optional extra
    except ModuleNotFoundError as error:
        print(
            f"The demo needs the package {error.name}. Use `make demo`, or pip install '.[demo]'.",
            file=sys.stderr,
        )
        return EXIT_FAILED
    return asyncio.run(run_demo(port, data))


if __name__ == "__main__":
    # Until somebody listens, Ctrl-C ends the process without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
