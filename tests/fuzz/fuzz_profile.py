"""How much is tried: little and always the same in CI, far more and by chance with FUZZ=long."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

IS_LONG = os.environ.get("FUZZ") == "long"
LONG_FACTOR = 40


def tries(examples: int) -> settings:
    """The settings of one test: so many examples in CI, forty times as many in the long run."""
    return settings(
        max_examples=examples * (LONG_FACTOR if IS_LONG else 1),
        derandomize=not IS_LONG,  # CI never flakes; a failure prints what to replay
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.function_scoped_fixture,
        ],
    )
