"""What the calls of a training answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Optional, Sequence


@dataclass(frozen=True, repr=False)
class ForwardBackwardResult:
    """A pass over a batch.

    ``loss`` is the mean over the scored tokens, with differential privacy the mean over examples
    of each one's mean, and for datums of one's own what their weights make it. ``grad_norm`` is
    NaN where the server does not tell it, which it does not with differential privacy.
    """

    loss: float
    grad_norm: float
    tokens: int
    metrics: Mapping[str, float]
    #: log-probabilities of the targets, a list for each example; empty if the server drew them
    logprobs: Sequence[Sequence[float]] = ()

    def __repr__(self) -> str:
        return (
            f"ForwardBackwardResult(loss={self.loss:.6g}, grad_norm={self.grad_norm:.6g},"
            f" tokens={self.tokens})"
        )


@dataclass(frozen=True)
class DPMetrics:
    """What of the privacy budget is spent, of the data set, not of one model alone."""

    epsilon_spent: float
    delta: Optional[float] = None
    target_epsilon: Optional[float] = None
    steps: Optional[int] = None
    noise_multiplier: Optional[float] = None
    max_grad_norm: Optional[float] = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def epsilon_remaining(self) -> Optional[float]:
        """What is left of the budget; nothing if there is none."""
        if self.target_epsilon is None:
            return None
        return max(0.0, self.target_epsilon - self.epsilon_spent)

    @staticmethod
    def of(answer: Mapping[str, Any]) -> "DPMetrics":
        """From the server's JSON."""

        def real(key: str) -> Optional[float]:
            value = answer.get(key)
            return float(value) if isinstance(value, (int, float)) else None

        steps = answer.get("steps")
        spent = real("epsilon_spent")
        return DPMetrics(
            epsilon_spent=math.nan if spent is None else spent,
            delta=real("delta"),
            target_epsilon=real("target_epsilon"),
            steps=steps if isinstance(steps, int) else None,
            noise_multiplier=real("noise_multiplier"),
            max_grad_norm=real("max_grad_norm"),
            raw=dict(answer),
        )


@dataclass(frozen=True)
class OptimStepResult:
    """A step of the optimizer."""

    step: int
    grad_norm: float
    learning_rate: float
    dp_metrics: Optional[DPMetrics]
    metrics: Mapping[str, float]


@dataclass(frozen=True, repr=False)
class Sample:
    """One completion of a prompt."""

    prompt: str
    completion: str
    tokens: Sequence[int]
    logprobs: Optional[Sequence[float]]
    stop_reason: str

    def __repr__(self) -> str:
        return f"Sample({len(self.tokens)} tokens, stop_reason={self.stop_reason!r})"


@dataclass(frozen=True)
class SampleResult:
    """Completions, those of a prompt together."""

    samples: Sequence[Sample]


@dataclass(frozen=True)
class SaveResult:
    """A checkpoint; ``artifact_id`` is what ``load_state`` takes."""

    artifact_id: str
    step: Optional[int] = None

    @property
    def path(self) -> str:
        """The same, as the public protocol calls it."""
        return self.artifact_id


@dataclass(frozen=True)
class LoadResult:
    """Where the training stands after a checkpoint was loaded."""

    artifact_id: str
    step: int


class PrivacyReport(Mapping[str, Any]):
    """The server's report as it is: its numbers, how they came about, what is not covered."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = dict(raw)

    def __getitem__(self, key: str) -> Any:
        return self.raw[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __getattr__(self, name: str) -> Any:
        if name == "raw" or name not in self.raw:
            raise AttributeError(f"the report has no '{name}'")
        return self.raw[name]

    def __repr__(self) -> str:
        return f"PrivacyReport({', '.join(sorted(self.raw))})"


_SUMS = frozenset({"tokens", "skipped"})


def join_metrics(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The metrics of chunks as those of the whole, by their suffix."""
    joined: dict[str, float] = {}
    counts: dict[str, int] = {}
    for part in parts:
        for key, value in part.items():
            if not isinstance(value, (int, float)):
                continue
            counts[key] = counts.get(key, 0) + 1
            suffix = key.rpartition(":")[2] if ":" in key else ""
            if key not in joined:
                joined[key] = value
            elif suffix in ("sum", "mean") or key in _SUMS:
                joined[key] += value
            elif suffix == "min":
                joined[key] = min(joined[key], value)
            elif suffix == "max":
                joined[key] = max(joined[key], value)
            else:
                joined[key] = value
    for key in joined:
        if key.endswith(":mean"):
            joined[key] /= counts[key]
    return joined
