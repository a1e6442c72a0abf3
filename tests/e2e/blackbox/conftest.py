"""The fixture of the black-box tests: a function that opens a harness, which is searched when it closes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, open_harness


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[BlackboxHarness]]]:
    """Call it once, with options for the Wiro sandbox."""
    async with AsyncExitStack() as stack:

        async def enter(**options: Any) -> BlackboxHarness:
            return await stack.enter_async_context(open_harness(tmp_path, **options))

        yield enter
