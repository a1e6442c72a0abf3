"""What every answer of the stand-in looks like: success, refusal, and the documented refusals by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web


class ApiError(Exception):
    """A refusal as Wiro words it. Nearly all travel with HTTP 200 (Wiro docs, Errors, Aug 2026)."""

    def __init__(self, code: int, message: str, *, http_status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status


def refused(error: ApiError, *, now_s: float) -> web.Response:
    """`time` is undocumented but recorded from the live service, so clients must tolerate it."""
    item = {"code": error.code, "message": error.message, "time": int(now_s)}
    return web.json_response({"result": False, "errors": [item]}, status=error.http_status)


def success(body: Mapping[str, Any]) -> web.Response:
    return web.json_response({"errors": [], **body, "result": True})


def unknown_path() -> ApiError:
    return ApiError(0, "Error parsing url.", http_status=404)


def unknown_key() -> ApiError:
    return ApiError(0, "Project authorization is not founded.", http_status=401)


def unsigned() -> ApiError:
    message = "Project requires signature authentication. x-signature and x-nonce headers are required."
    return ApiError(0, message, http_status=401)


def bad_signature() -> ApiError:
    return ApiError(0, "Project authorization is not valid.", http_status=401)


def not_permitted() -> ApiError:
    return ApiError(0, "You don't have any permission for this action.")


def invalid_parameters() -> ApiError:
    return ApiError(0, "Request parameters are invalid.")


def no_such_model() -> ApiError:
    return ApiError(1, "slug-owner-project-not-exist")


def no_such_task() -> ApiError:
    return ApiError(1, "There is no task yet.")


def at_capacity(balance: str, running: int) -> ApiError:
    message = (
        f"You have reached your concurrent task limit. With your current balance of ${balance}, "
        f"you can run up to {running} tasks at the same time. Add funds to increase your limit."
    )
    return ApiError(96, message)


def insufficient_balance() -> ApiError:
    return ApiError(97, "Insufficient balance")
