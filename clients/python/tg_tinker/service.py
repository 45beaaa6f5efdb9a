"""The server as a whole."""

from __future__ import annotations

import json
import threading
from types import TracebackType
from typing import Any, Callable, Mapping, Optional, Sequence, Union

from . import errors
from .config import ClientConfig, TrainingConfig
from .data import BatchData, Datum, chunks
from .futures import Promise
from .training import TrainingClient
from .transport import Transport

VERSION = "0.1.0"

_API = "/api/v1/"


class ServiceClient:
    """A session with a training server.

        service = ServiceClient(base_url="https://host:8000", api_key="…")
        training = service.create_training_client({"model_ref": "tiny"})

    The key is sent in a header and shown nowhere. A context manager; thread-safe.
    """

    def __init__(
        self,
        config: Union[ClientConfig, Mapping[str, Any], None] = None,
        *,
        base_url: str = "",
        api_key: str = "",
        sleep: Optional[Callable[[float], None]] = None,
        clock: Optional[Callable[[], float]] = None,
        **settings: Any,
    ) -> None:
        if config is None:
            config = ClientConfig(base_url=base_url, api_key=api_key, **settings)
        elif base_url or api_key or settings:
            raise errors.InvalidInputError("either a configuration or its settings, not both")
        elif isinstance(config, Mapping):
            config = ClientConfig(**config)
        self._config = config.resolved()
        self._times: dict[str, Any] = {}
        if sleep is not None:
            self._times["sleep"] = sleep
        if clock is not None:
            self._times["clock"] = clock
        self._transport = Transport(self._config, **self._times)
        self._lock = threading.Lock()
        self._session: Optional[str] = None
        self._models = 0
        self._closed = threading.Event()

    def __repr__(self) -> str:
        return f"ServiceClient({self._config.base_url!r})"

    def __enter__(self) -> "ServiceClient":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def create_training_client(
        self,
        config: Union[TrainingConfig, Mapping[str, Any], None] = None,
        **settings: Any,
    ) -> TrainingClient:
        """Makes a model on the server, and waits until it is there."""
        if config is None:
            config = settings
        elif settings:
            raise errors.InvalidInputError("either a configuration or its settings, not both")
        training = TrainingConfig.of(config)
        training.check()
        with self._lock:
            session = self._session_id()
            self._models += 1
            body = {
                "session_id": session,
                "model_seq_id": self._models,
                **training.create_body(),
            }
        promise = Promise(
            self._transport,
            lambda: self._transport.post(_API + "create_model", body),
            **self._times,
        )
        model_id = promise.wait(None).get("model_id")
        if not isinstance(model_id, str):
            raise errors.TransportError("the model has no name", code="client.no_model")
        return TrainingClient(self._transport, training, model_id, **self._times)

    def get_server_capabilities(self) -> Mapping[str, Any]:
        """What the server can do, such as its models."""
        return dict(self._transport.post(_API + "get_server_capabilities", {}))

    def healthy(self) -> bool:
        """Whether the server answers."""
        return bool(self._transport.get(_API + "healthz").get("status") == "ok")

    def list_checkpoints(self, model_id: str) -> Sequence[Mapping[str, Any]]:
        """The checkpoints of a model."""
        answer = self._transport.get(f"{_API}training_runs/{model_id}/checkpoints")
        return list(answer.get("checkpoints") or ())

    def delete_checkpoint(self, model_id: str, checkpoint_id: str) -> None:
        """Deletes a checkpoint by its id in ``list_checkpoints``, such as ``weights/step-1``."""
        self._transport.delete(f"{_API}training_runs/{model_id}/checkpoints/{checkpoint_id}")

    def upload_data_set(
        self, name: str, data: Union[BatchData, Mapping[str, Any], Sequence[Datum]]
    ) -> int:
        """Puts a data set on the server, which ``DPConfig.sampling_rate`` has it draw from.

        Each example counts with the mean of its scored tokens. Returns the number of examples.
        Rows are put at places counted from 0, so the same upload twice is one.
        """
        datums: Sequence[Datum]
        if isinstance(data, (list, tuple)):
            datums = data
        else:
            datums = BatchData.of(data).datums(per_example=True, divisor=1)
        place = 0
        for chunk in chunks([json.dumps(d.json(i)).encode() for i, d in enumerate(datums)]):
            rows = b",".join(chunk)
            head = json.dumps({"data_set": name, "from": place})[:-1].encode()
            content = head + b', "data": [' + rows + b"]}"
            self._transport.post_bytes(_API + "tensafe/data_sets", content, "application/json")
            place += len(chunk)
        return place

    def close(self) -> None:
        """Ends the heartbeats. Models stay until the server drops them."""
        self._closed.set()
        self._transport.close()

    def _session_id(self) -> str:
        if self._session is None:
            answer = self._transport.post(
                _API + "create_session",
                {
                    "tags": list(self._config.tags),
                    "user_metadata": {},
                    "sdk_version": f"tg-tinker/{VERSION}",
                    "type": "create_session",
                },
            )
            session = answer.get("session_id")
            if not isinstance(session, str):
                raise errors.TransportError("the session has no name", code="client.no_session")
            self._session = session
            if self._config.heartbeat_every > 0:
                threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self._session

    def _beat(self) -> None:
        while not self._closed.wait(self._config.heartbeat_every):
            try:
                self.heartbeat()
            except errors.TinkerError:
                # the next call of the user's says what is wrong
                continue
        self._transport.close()

    def heartbeat(self) -> None:
        """Tells the server that the session is alive."""
        if self._session is not None:
            self._transport.post(
                _API + "session_heartbeat",
                {"session_id": self._session, "type": "session_heartbeat"},
            )
