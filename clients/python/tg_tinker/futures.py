"""Results that come later."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Generic, Mapping, Optional, Sequence, TypeVar

from . import errors
from .transport import Transport

T = TypeVar("T")

_RETRIEVE = "/api/v1/retrieve_future"

#: times that one call is sent again because the server lost it
_MAX_RESENDS = 8


class Promise:
    """One call that the server took: it is asked for until its result is there.

    Where the server does not know it any more (410), the same call is sent again; its number
    makes the two one effect.
    """

    def __init__(
        self,
        transport: Transport,
        send: Callable[[], Any],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._send = send
        self._sleep = sleep
        self._clock = clock
        self._taken = send()

    @property
    def request_id(self) -> str:
        """The server's name of it."""
        request_id = self._taken.get("request_id") if isinstance(self._taken, Mapping) else None
        if not isinstance(request_id, str):
            raise errors.TransportError(
                "the server's answer names no request", code="client.no_request_id"
            )
        return request_id

    def wait(self, deadline: Optional[float]) -> Mapping[str, Any]:
        """The result's JSON.

        ``deadline`` is a time of the clock, after which ``FutureTimeoutError`` is raised.
        """
        pause = 0.05
        resends = 0
        while True:
            body = {"request_id": self.request_id, "allow_metadata_only": False}
            begun = self._clock()
            try:
                answer = self._transport.post(_RETRIEVE, body)
            except errors.TinkerError as failure:
                if failure.status != 410 or resends == _MAX_RESENDS:
                    raise
                resends += 1
                self._taken = self._send()
                continue
            if not isinstance(answer, Mapping):
                raise errors.TransportError("a result is no object", code="client.not_json")
            if answer.get("type") != "try_again":
                _require_success(answer, self.request_id)
                return answer
            now = self._clock()
            if deadline is not None and now >= deadline:
                raise errors.FutureTimeoutError(
                    "the result is not there yet",
                    code="client.timeout",
                    request_id=self.request_id,
                )
            held = now - begun >= 1.0
            if held and answer.get("queue_state", "active") == "active":
                pause = 0.05
                continue
            # the server did not wait itself: so it is not asked in a circle
            if deadline is not None:
                pause = min(pause, max(0.0, deadline - now))
            self._sleep(pause)
            pause = min(2.0, pause * 2 if pause > 0 else 0.05)


def _require_success(answer: Mapping[str, Any], request_id: str) -> None:
    if "error" not in answer:
        return
    message, code, category = errors.of_body(answer)
    raise errors.FutureFailedError(
        message or "the call failed",
        code=code or "failed",
        category=category or "unknown",
        request_id=request_id,
    )


class TinkerFuture(Generic[T]):
    """The result of a call, which may be one of several chunks. Thread-safe."""

    def __init__(
        self,
        promises: Sequence[Promise],
        convert: Callable[[Sequence[Mapping[str, Any]]], T],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._promises = promises
        self._convert = convert
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: list[Mapping[str, Any]] = []
        self._result: Optional[tuple[T]] = None
        self._failure: Optional[errors.TinkerError] = None

    def result(self, timeout: Optional[float] = None) -> T:
        """Waits for the result. What failed fails the same way each time it is asked for.

        ``timeout`` is in seconds; it is looked at whenever the server says that there is nothing
        yet, which it may do after 45 seconds only.
        """
        deadline = None if timeout is None else self._clock() + timeout
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._result is None:
                try:
                    while len(self._answers) < len(self._promises):
                        promise = self._promises[len(self._answers)]
                        self._answers.append(promise.wait(deadline))
                    self._result = (self._convert(self._answers),)
                except (errors.FutureFailedError, errors.InvalidInputError) as failure:
                    self._failure = failure
                    raise
            return self._result[0]

    def done(self) -> bool:
        """Whether the result is here already; asks nobody."""
        return self._result is not None or self._failure is not None

    def __repr__(self) -> str:
        return f"TinkerFuture(done={self.done()})"
