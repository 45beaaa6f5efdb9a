"""MLflow, through its REST interface."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable, Mapping, Optional

from ..config import TrainingConfig
from ..errors import TransportError
from .base import Callback, Number, finite, told_settings

_API = "/api/2.0/mlflow/"
_LONGEST_PARAM = 500


class MlflowRun(Callback):
    """Logs a training to a tracking server.

    Sent are: the experiment's and the run's name, times, the settings of the training but for
    ``metadata`` and the seed, and the numbers of each step. Never sent are weights, gradients,
    tokens, prompts, completions, artifacts, the user's or the host's name, or the training
    server's key. ``token`` is the tracking server's own.

    Numbers are sent ``every`` so many steps and at the end. A server that cannot be reached does
    not stop the training: ``problem`` says what was wrong, and the numbers are sent with the next.
    """

    def __init__(
        self,
        tracking_uri: str,
        experiment: str = "tensafe",
        run_name: str = "",
        token: str = "",
        *,
        every: int = 1,
        timeout: float = 10.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._base = tracking_uri.rstrip("/") + _API
        self._experiment = experiment
        self._run_name = run_name
        self._token = token
        self._every = every
        self._timeout = timeout
        self._now = now
        self._waiting: list[dict[str, Any]] = []
        self._steps = 0
        self._ended = False
        self.run_id = ""
        self.problem: Optional[TransportError] = None

    def __repr__(self) -> str:
        return f"MlflowRun({self._experiment!r}, run_id={self.run_id!r})"

    def begin(self, config: TrainingConfig) -> None:
        """Makes the run. This one call raises if the server cannot be reached."""
        body = {
            "experiment_id": self._experiment_id(),
            "run_name": self._run_name,
            "start_time": self._millis(),
            "tags": [{"key": "mlflow.source.name", "value": "tg_tinker"}],
        }
        self.run_id = str(self._post("runs/create", body)["run"]["info"]["run_id"])
        params = []
        for key, value in _flat(told_settings(config)):
            params.append({"key": key, "value": str(value)[:_LONGEST_PARAM]})
        self._post("runs/log-batch", {"run_id": self.run_id, "params": params})

    def step(self, step: int, metrics: Mapping[str, Number]) -> None:
        millis = self._millis()
        for key, value in finite(metrics).items():
            self._waiting.append(
                {"key": key, "value": value, "timestamp": millis, "step": step}
            )
        self._steps += 1
        if self._steps % self._every == 0:
            self._flush()

    def end(self, failed: bool = False) -> None:
        if self._ended or not self.run_id:
            return
        self._ended = True
        self._flush()
        status = "FAILED" if failed else "FINISHED"
        body = {"run_id": self.run_id, "status": status, "end_time": self._millis()}
        try:
            self._post("runs/update", body)
        except TransportError as problem:
            self.problem = problem

    def _flush(self) -> None:
        # a batch has at most 1000 metrics
        while self._waiting:
            batch = self._waiting[:1000]
            try:
                self._post("runs/log-batch", {"run_id": self.run_id, "metrics": batch})
            except TransportError as problem:
                self.problem = problem
                return
            del self._waiting[: len(batch)]
        self.problem = None

    def _experiment_id(self) -> str:
        name = urllib.parse.quote(self._experiment, safe="")
        try:
            found = self._send(f"experiments/get-by-name?experiment_name={name}", None)
            return str(found["experiment"]["experiment_id"])
        except TransportError as missing:
            if missing.status != 404:
                raise
        return str(self._post("experiments/create", {"name": self._experiment})["experiment_id"])

    def _post(self, route: str, body: Mapping[str, Any]) -> Any:
        return self._send(route, json.dumps(body).encode())

    def _send(self, route: str, content: Optional[bytes]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self._base + route, data=content, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as refusal:
            with refusal:
                status = refusal.code
            raise TransportError(
                f"the tracking server answered {status}", code="mlflow.refused", status=status
            ) from None
        except (OSError, ValueError) as cause:
            raise TransportError(
                f"no answer of the tracking server: {type(cause).__name__}",
                code="mlflow.connection",
            ) from None

    def _millis(self) -> int:
        return int(self._now() * 1000)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{prefix}{key}.")
        elif value is not None:
            flat.append((prefix + key, value))
    return flat
