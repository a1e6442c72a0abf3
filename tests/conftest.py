"""Every test is on a machine whose zone is not UTC: what goes by the local clock is seen to be wrong."""

from __future__ import annotations

import os
import time

os.environ["TZ"] = "America/New_York"  # has summer time; child processes inherit it
if hasattr(time, "tzset"):  # not on Windows
    time.tzset()
