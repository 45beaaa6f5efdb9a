"""HTTP to one server: keys, retries, JSON."""

from __future__ import annotations

import email.utils
import http.client
import json
import random
import socket
import ssl
import threading
import time
import urllib.parse
from typing import Any, Callable, Mapping, Optional

from . import errors
from .config import ClientConfig

#: longest answer that is read, in bytes
MAX_ANSWER = 256 << 20

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 20.0


class Transport:
    """Sends requests, one after the other or from several threads at once.

    What the server could not do now is sent again: after 408 and 5xx at once and then with
    growing pauses, after 429 with growing pauses or as long as ``Retry-After`` says, after a
    connection that broke like after 5xx. All calls of this client may be sent twice: the server
    knows them by their numbers.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._sleep = sleep
        self._clock = clock
        url = urllib.parse.urlsplit(config.base_url)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise errors.InvalidInputError("base_url is like https://host:port")
        if url.username is not None or url.password is not None:
            raise errors.InvalidInputError("base_url holds no user and no password")
        self._host = url.hostname
        self._port = url.port
        self._prefix = url.path.rstrip("/")
        self._tls: Optional[ssl.SSLContext] = None
        if url.scheme == "https":
            self._tls = ssl.create_default_context(cafile=config.ca_file)
        self._local = threading.local()

    def __repr__(self) -> str:
        return f"Transport({self._host!r})"

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        return self._parsed(self._send("GET", path, None, "application/json"))

    def get_bytes(self, path: str) -> bytes:
        """The bytes of a GET."""
        return self._send("GET", path, None, "application/json")

    def delete(self, path: str) -> Any:
        """The JSON of a DELETE."""
        return self._parsed(self._send("DELETE", path, None, "application/json"))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers JSON."""
        content = json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
        return self.post_bytes(path, content, "application/json")

    def post_bytes(self, path: str, content: bytes, media_type: str) -> Any:
        """The JSON that answers bytes."""
        return self._parsed(self._send("POST", path, content, media_type))

    def close(self) -> None:
        """Closes this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _send(self, method: str, path: str, content: Optional[bytes], media_type: str) -> bytes:
        begun = self._clock()
        attempt = 0
        while True:
            wait: Optional[float] = None
            try:
                status, headers, body = self._once(method, path, content, media_type)
            except (OSError, http.client.HTTPException) as cause:
                self.close()
                failure: errors.TinkerError = errors.TransportError(
                    f"no answer of {self._host}: {type(cause).__name__}",
                    code="client.connection",
                    category="server",
                )
                if isinstance(cause, (ssl.SSLCertVerificationError, socket.gaierror)):
                    raise failure from None
            else:
                if 200 <= status < 300:
                    return body
                failure = errors.of_status(
                    status,
                    self._parsed_or_none(body),
                    headers.get("X-Request-Id"),
                    self._config.api_key,
                )
                if status == 429:
                    wait = _retry_after(headers.get("Retry-After"))
                    if wait is None:
                        wait = self._pause(attempt + 1)
                elif status != 408 and status < 500:
                    raise failure
            if wait is None:
                wait = self._pause(attempt)
            if self._clock() - begun + wait > self._config.retry_for:
                raise failure from None
            if wait > 0:
                self._sleep(wait)
            attempt += 1

    @staticmethod
    def _pause(attempt: int) -> float:
        """Nothing the first time, then twice as long each time, and never the same for two."""
        if attempt == 0:
            return 0.0
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (attempt - 1))
        return longest * random.uniform(0.5, 1.0)

    def _once(
        self, method: str, path: str, content: Optional[bytes], media_type: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._connection()
        headers = {"Accept": "application/json", "User-Agent": "tg-tinker/0.1"}
        if self._config.api_key:
            headers["X-API-Key"] = self._config.api_key
        if content is not None:
            headers["Content-Type"] = media_type
        connection.request(method, self._prefix + path, body=content, headers=headers)
        answer = connection.getresponse()
        body = answer.read(MAX_ANSWER + 1)
        if len(body) > MAX_ANSWER:
            self.close()
            raise errors.TransportError(
                f"an answer of more than {MAX_ANSWER} bytes", code="client.answer_too_long"
            )
        if answer.will_close:
            self.close()
        return answer.status, answer.headers, body

    def _connection(self) -> http.client.HTTPConnection:
        connection: Optional[http.client.HTTPConnection]
        connection = getattr(self._local, "connection", None)
        if connection is None:
            if self._tls is not None:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=self._config.timeout, context=self._tls
                )
            else:
                connection = http.client.HTTPConnection(
                    self._host, self._port, timeout=self._config.timeout
                )
            self._local.connection = connection
        return connection

    @staticmethod
    def _parsed_or_none(body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            return None

    @staticmethod
    def _parsed(body: bytes) -> Any:
        try:
            return json.loads(body) if body else {}
        except ValueError:
            raise errors.TransportError(
                "the answer is no JSON; is this the training server's address?",
                code="client.not_json",
            ) from None


def _retry_after(value: Optional[str]) -> Optional[float]:
    """Seconds of the header ``Retry-After``, which holds seconds or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, date.timestamp() - time.time())
