"""The fixture of the black-box tests: a function that opens a house, which is searched when it closes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.blackbox.blackbox_house import BotHarness, open_house


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[BotHarness]]]:
    """Call it once, with options for the Wiro sandbox."""
    async with AsyncExitStack() as stack:

        async def enter(**options: Any) -> BotHarness:
            return await stack.enter_async_context(open_house(tmp_path, **options))

        yield enter
