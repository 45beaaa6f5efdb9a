"""One model in training."""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Mapping, Optional, Sequence, Union

from . import _protobuf, errors
from .config import TrainingConfig
from .data import BatchData, Datum, chunks
from .errors import InvalidInputError
from .futures import Promise, TinkerFuture
from .results import (
    DPMetrics,
    ForwardBackwardResult,
    LoadResult,
    OptimStepResult,
    PrivacyReport,
    Sample,
    SampleResult,
    SaveResult,
    join_metrics,
)
from .transport import Transport

Data = Union[BatchData, Mapping[str, Any], Sequence[Datum]]
Rows = list[list[float]]

_API = "/api/v1/"


class TrainingClient:
    """Calls of one model, in the order in which they are made here. Thread-safe.

    A method that returns a ``TinkerFuture`` has sent its call when it returns; its result may be
    waited for later, or never. The others wait.
    """

    def __init__(
        self,
        transport: Transport,
        config: TrainingConfig,
        model_id: str,
        *,
        sleep: Optional[Callable[[float], None]] = None,
        clock: Optional[Callable[[], float]] = None,
    ) -> None:
        self._transport = transport
        self._config = config
        self._model_id = model_id
        self._lock = threading.Lock()
        self._seq_id = 0
        self._sampler: Optional[str] = None
        self._times: dict[str, Any] = {}
        if sleep is not None:
            self._times["sleep"] = sleep
        if clock is not None:
            self._times["clock"] = clock

    @property
    def model_id(self) -> str:
        """The server's name of the model."""
        return self._model_id

    @property
    def config(self) -> TrainingConfig:
        """What it was made with."""
        return self._config

    def __repr__(self) -> str:
        return f"TrainingClient({self._model_id!r}, {self._config.model_ref!r})"

    def __enter__(self) -> "TrainingClient":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def forward_backward(
        self,
        batch: Data,
        loss_fn: str = "cross_entropy",
        loss_fn_config: Optional[Mapping[str, float]] = None,
    ) -> TinkerFuture[ForwardBackwardResult]:
        """Computes a loss and adds its gradient to those since the last step."""
        return self._pass(batch, loss_fn, loss_fn_config, forward_only=False)

    def forward(
        self,
        batch: Data,
        loss_fn: str = "cross_entropy",
        loss_fn_config: Optional[Mapping[str, float]] = None,
    ) -> TinkerFuture[ForwardBackwardResult]:
        """Computes a loss and log-probabilities, and nothing else."""
        return self._pass(batch, loss_fn, loss_fn_config, forward_only=True)

    def forward_backward_custom(
        self,
        data: Sequence[Datum],
        loss: Callable[[Sequence[Datum], Rows], tuple[float, Rows]],
    ) -> ForwardBackwardResult:
        """A loss of one's own.

        ``loss`` gets the examples and the log-probabilities of their targets, and returns the loss
        and its gradient by each log-probability. The gradient goes back as the weights of a cross
        entropy, which has the same gradient. Waits for the first pass.
        """
        first = self.forward(data).result()
        logprobs = [list(row) for row in first.logprobs]
        value, gradient = loss(data, logprobs)
        if [len(row) for row in gradient] != [len(row) for row in logprobs]:
            raise InvalidInputError("the gradient has another shape than the log-probabilities")
        weighted = [
            Datum(
                datum.tokens,
                {
                    "target_tokens": datum.loss_fn_inputs["target_tokens"],
                    "weights": [-slope for slope in row],
                },
            )
            for datum, row in zip(data, gradient)
        ]
        second = self.forward_backward(weighted).result()
        return ForwardBackwardResult(
            loss=value,
            grad_norm=second.grad_norm,
            tokens=second.tokens,
            metrics=second.metrics,
            logprobs=second.logprobs,
        )

    def forward_backward_sampled(
        self,
        loss_fn: str = "cross_entropy",
        loss_fn_config: Optional[Mapping[str, float]] = None,
    ) -> TinkerFuture[ForwardBackwardResult]:
        """Adds the gradient of examples that the server draws from ``dp_config.data_set``.

        Who was drawn stays the server's secret, and with it the loss: it is NaN here.
        """
        body = {
            "loss_fn": loss_fn,
            "loss_fn_config": dict(loss_fn_config or {}),
            "type": "sampled_forward_backward",
        }

        def convert(answers: Sequence[Mapping[str, Any]]) -> ForwardBackwardResult:
            return _pass_result(answers, 0.0, 0)

        return self._future("tensafe/sampled_forward_backward", body, convert)

    def _pass(
        self,
        batch: Data,
        loss_fn: str,
        loss_fn_config: Optional[Mapping[str, float]],
        forward_only: bool,
    ) -> TinkerFuture[ForwardBackwardResult]:
        datums: Sequence[Datum]
        if isinstance(batch, (list, tuple)):
            datums = batch
            if not datums or not all(isinstance(item, Datum) for item in datums):
                raise InvalidInputError("a list of data holds Datum, at least one")
        else:
            datums = BatchData.of(batch).datums(
                self._config.private, self._config.gradient_accumulation_steps
            )
        weights = [weight for datum in datums for weight in _weights(datum)]
        scored = sum(1 for weight in weights if weight != 0)
        config = {key: float(value) for key, value in (loss_fn_config or {}).items()}
        encoded = [datum.encoded(index) for index, datum in enumerate(datums)]
        promises = []
        with self._lock:
            for chunk in chunks(encoded):
                content = _protobuf.forward_backward(
                    self._model_id, self._seq_id + 1, chunk, loss_fn, config, forward_only
                )
                promises.append(self._numbered(lambda: self._promise_bytes(content)))

        def convert(answers: Sequence[Mapping[str, Any]]) -> ForwardBackwardResult:
            return _pass_result(answers, math.fsum(weights), scored)

        return TinkerFuture(promises, convert, **self._clock_of())

    def optim_step(
        self,
        apply_dp_noise: Optional[bool] = None,
        learning_rate: Optional[float] = None,
        grad_clip_norm: Optional[float] = None,
    ) -> TinkerFuture[OptimStepResult]:
        """Turns the gradients since the last step into new weights.

        ``apply_dp_noise``: not said means as the model was made. A private model does no step
        without noise, and another none with it; the server refuses both.
        """
        settings = self._config.optimizer
        adam: dict[str, Any] = {
            "learning_rate": settings.learning_rate if learning_rate is None else learning_rate,
            "weight_decay": settings.weight_decay,
        }
        clip = settings.grad_clip_norm if grad_clip_norm is None else grad_clip_norm
        adam["grad_clip_norm"] = clip
        if settings.name == "adamw":
            adam.update(beta1=settings.betas[0], beta2=settings.betas[1], eps=settings.eps)
        body: dict[str, Any] = {"adam_params": adam, "type": "optim_step"}
        if apply_dp_noise is not None:
            body["tensafe"] = {"apply_dp_noise": bool(apply_dp_noise)}
        self._sampler = None
        return self._future("optim_step", body, lambda answers: _step_result(answers[0]))

    def sample(
        self,
        prompts: Union[str, Sequence[str]],
        max_tokens: int = 64,
        temperature: float = 1.0,
        top_p: float = 1.0,
        top_k: int = -1,
        num_samples: int = 1,
        stop: Optional[Sequence[str]] = None,
        seed: Optional[int] = None,
    ) -> SampleResult:
        """Completes prompts with the weights as they are now. Waits."""
        texts = [prompts] if isinstance(prompts, str) else list(prompts)
        if not texts or not all(isinstance(text, str) for text in texts):
            raise InvalidInputError("prompts is a list of texts, at least one")
        params: dict[str, Any] = {
            "max_tokens": max_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "top_k": top_k,
        }
        if stop is not None:
            params["stop"] = list(stop)
        if seed is not None:
            params["seed"] = seed
        body = {
            "model_path": self._sampler_path(),
            "num_samples": num_samples,
            "sampling_params": params,
            "type": "asample",
            "tensafe": {"prompts": texts},
        }
        promise = self._promise("asample", body)
        return _sample_result(promise.wait(None), texts, num_samples)

    def _sampler_path(self) -> str:
        path = self._sampler
        if path is None:
            future = self._future(
                "save_weights_for_sampler",
                {"type": "save_weights_for_sampler"},
                lambda answers: str(answers[0].get("path", "")),
            )
            path = future.result()
            self._sampler = path
        return path

    def save_state(
        self,
        metadata: Optional[Mapping[str, Any]] = None,
        name: Optional[str] = None,
        ttl_seconds: Optional[int] = None,
        overwrite: bool = False,
    ) -> SaveResult:
        """Writes an encrypted, signed checkpoint on the server. Waits."""
        body: dict[str, Any] = {"overwrite": overwrite, "type": "save_weights"}
        if name is not None:
            body["path"] = name
        if ttl_seconds is not None:
            body["ttl_seconds"] = ttl_seconds
        if metadata:
            body["tensafe"] = {
                "metadata": {str(key): str(value) for key, value in metadata.items()}
            }
        answer = self._future("save_weights", body, lambda answers: answers[0]).result()
        return SaveResult(_path(answer), _ours(answer).get("step"))

    def load_state(self, artifact_id: str, optimizer: bool = True) -> LoadResult:
        """Goes on from a checkpoint. What was spent of a privacy budget stays spent. Waits."""
        body = {"path": artifact_id, "optimizer": optimizer, "type": "load_weights"}
        self._sampler = None
        answer = self._future("load_weights", body, lambda answers: answers[0]).result()
        return LoadResult(artifact_id, int(_ours(answer).get("step", 0)))

    def download_package(self, target: Union[str, "os.PathLike[str]"]) -> Path:
        """Writes the weights as they are now as a signed, encrypted package, a ``.tssp`` file.

        It is addressed to the recipient key that the server's operator has of the caller;
        ``tensafe`` verifies and opens it. Waits.
        """
        name = self._sampler_path().rpartition("/")[2]
        content = self._transport.get_bytes(
            f"{_API}training_runs/{self._model_id}/checkpoints/sampler_weights/{name}/archive"
        )
        path = Path(target)
        path.write_bytes(content)
        return path

    def get_dp_metrics(self) -> DPMetrics:
        """What of the privacy budget is spent."""
        answer = self._transport.post(_API + "tensafe/dp_metrics", {"model_id": self._model_id})
        return DPMetrics.of(answer)

    def get_privacy_report(self) -> PrivacyReport:
        """The report that an auditor can recompute."""
        answer = self._transport.post(
            _API + "tensafe/privacy_report", {"model_id": self._model_id}
        )
        return PrivacyReport(answer)

    def get_info(self) -> Mapping[str, Any]:
        """What the server says of the model."""
        body = {"model_id": self._model_id, "type": "get_info"}
        answer = self._transport.post(_API + "get_info", body)
        return dict(answer)

    def close(self) -> None:
        """Gives the model's memory on the server back. Checkpoints stay."""
        self._future("unload_model", {"type": "unload_model"}, lambda answers: None).result()

    def _future(
        self,
        route: str,
        body: Mapping[str, Any],
        convert: Callable[[Sequence[Mapping[str, Any]]], Any],
    ) -> TinkerFuture[Any]:
        with self._lock:
            full = {"model_id": self._model_id, "seq_id": self._seq_id + 1, **body}
            promise = self._numbered(lambda: self._promise(route, full))
        return TinkerFuture([promise], convert, **self._clock_of())

    def _numbered(self, send: Callable[[], Promise]) -> Promise:
        """Sends the call that has the next number; one that was refused leaves the number free."""
        try:
            promise = send()
        except errors.TinkerError as failure:
            refused = failure.status is not None and 400 <= failure.status < 500
            if not refused or failure.status == 408:
                self._seq_id += 1
            raise
        self._seq_id += 1
        return promise

    def _promise(self, route: str, body: Mapping[str, Any]) -> Promise:
        return Promise(
            self._transport, lambda: self._transport.post(_API + route, body), **self._times
        )

    def _promise_bytes(self, content: bytes) -> Promise:
        return Promise(
            self._transport,
            lambda: self._transport.post_bytes(
                _API + "forward_backward", content, "application/x-protobuf"
            ),
            **self._times,
        )

    def _clock_of(self) -> dict[str, Any]:
        return {"clock": self._times["clock"]} if "clock" in self._times else {}


def _weights(datum: Datum) -> Sequence[float]:
    """What the loss counts of an example."""
    return datum.loss_fn_inputs.get("weights") or [1.0] * len(datum.tokens)


def _pass_result(
    answers: Sequence[Mapping[str, Any]], weight: float, scored: int
) -> ForwardBackwardResult:
    metrics = join_metrics([_numbers(answer) for answer in answers])
    logprobs: list[Sequence[float]] = []
    for answer in answers:
        for output in answer.get("loss_fn_outputs") or ():
            values = output.get("logprobs") if isinstance(output, Mapping) else None
            if isinstance(values, Mapping):
                logprobs.append(values.get("data") or [])
    total = metrics.get("loss:sum", math.nan)
    return ForwardBackwardResult(
        loss=total / weight if weight else math.nan if not metrics else total,
        grad_norm=float(metrics.get("grad_norm", math.nan)),
        tokens=int(metrics.get("tokens", scored)),
        metrics=metrics,
        logprobs=logprobs,
    )


def _step_result(answer: Mapping[str, Any]) -> OptimStepResult:
    metrics, ours = _numbers(answer), _ours(answer)
    spent = ours.get("dp_metrics")
    return OptimStepResult(
        step=int(ours.get("step", metrics.get("step", 0))),
        grad_norm=float(metrics.get("grad_norm", math.nan)),
        learning_rate=float(metrics.get("learning_rate", math.nan)),
        dp_metrics=DPMetrics.of(spent) if isinstance(spent, Mapping) else None,
        metrics=metrics,
    )


def _sample_result(answer: Mapping[str, Any], texts: Sequence[str], count: int) -> SampleResult:
    sequences = answer.get("sequences")
    if not isinstance(sequences, list) or len(sequences) != len(texts) * count:
        raise errors.TransportError(
            f"the server sent no {len(texts) * count} samples", code="client.samples"
        )
    samples = []
    for index, sequence in enumerate(sequences):
        samples.append(
            Sample(
                prompt=texts[index // count],
                completion=str(sequence.get("text", "")),
                tokens=list(sequence.get("tokens") or ()),
                logprobs=sequence.get("logprobs"),
                stop_reason=str(sequence.get("stop_reason", "")),
            )
        )
    return SampleResult(samples)


def _numbers(answer: Mapping[str, Any]) -> Mapping[str, float]:
    metrics = answer.get("metrics")
    return metrics if isinstance(metrics, Mapping) else {}


def _ours(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    ours = answer.get("tensafe")
    return ours if isinstance(ours, Mapping) else {}


def _path(answer: Mapping[str, Any]) -> str:
    path = answer.get("path")
    if not isinstance(path, str):
        raise errors.TransportError("the checkpoint has no path", code="client.no_path")
    return path
