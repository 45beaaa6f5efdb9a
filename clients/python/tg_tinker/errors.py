"""What can go wrong, as one class with a stable code, and subclasses by what to do about it."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class TinkerError(Exception):
    """A call that was not done.

    ``code`` is stable, ``category`` is ``user`` (the call is wrong), ``server`` or ``unknown``.
    Neither the message nor the attributes hold a key, a token or a text of the training data.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "unknown",
        category: str = "unknown",
        status: Optional[int] = None,
        request_id: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.category = category
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class InvalidInputError(TinkerError):
    """The data or settings cannot be sent; nothing was sent."""

    def __init__(self, message: str, code: str = "client.invalid_input") -> None:
        super().__init__(message, code=code, category="user")


class AuthenticationError(TinkerError):
    """The API key is missing, unknown, or does not have the scope ``train``."""


class NotFoundError(TinkerError):
    """There is no such model, checkpoint or promise, or it belongs to somebody else."""


class RequestError(TinkerError):
    """The server refuses the call as it is."""


class RateLimitError(TinkerError):
    """The server was too busy for longer than the client waits."""


class ServerError(TinkerError):
    """The server failed for longer than the client tries again."""


class TransportError(TinkerError):
    """The server could not be reached, or what came is no answer of it."""


class FutureFailedError(TinkerError):
    """The call was taken, and failed later."""


class FutureTimeoutError(TinkerError, TimeoutError):
    """The result did not come within the time that the caller gave; it may come later."""


def of_status(
    status: int, body: Any, request_id: Optional[str], secret: str = ""
) -> TinkerError:
    """The error for an answer that is none of success."""
    message, code, category = of_body(body)
    if secret:
        message = message.replace(secret, "***")
    if not category:
        category = "user" if 400 <= status < 500 else "server"
    if status in (401, 403):
        kind: type[TinkerError] = AuthenticationError
    elif status == 404:
        kind = NotFoundError
    elif status == 429:
        kind = RateLimitError
    elif status == 408 or status >= 500:
        kind = ServerError
    else:
        kind = RequestError
    return kind(
        message or f"the server answered {status}",
        code=code or f"http_{status}",
        category=category,
        status=status,
        request_id=request_id,
    )


def of_body(body: Any) -> tuple[str, str, str]:
    """Message, code and category of an error's JSON, each empty if it says nothing."""
    if not isinstance(body, Mapping):
        return "", "", ""
    error = body.get("error", body.get("detail", ""))
    if isinstance(error, Mapping):
        inner_code = error.get("code")
        return (
            str(error.get("message", "")),
            str(inner_code if inner_code is not None else ""),
            str(error.get("category", body.get("category", ""))),
        )
    code = body.get("code")
    return (
        error if isinstance(error, str) else "",
        str(code if code is not None else ""),
        str(body.get("category", "")),
    )
