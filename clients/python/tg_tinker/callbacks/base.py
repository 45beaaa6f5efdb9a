"""What all callbacks have in common."""

from __future__ import annotations

import dataclasses
import math
from types import TracebackType
from typing import Any, Mapping, Optional, Union

from ..config import TrainingConfig
from ..results import ForwardBackwardResult, OptimStepResult

Number = Union[int, float]


class Callback:
    """Hears of a training: ``begin``, ``step`` after each step, ``end``. A context manager.

        with OfflineRun("wandb", project="poems") as run:
            run.begin(training.config)
            …
            run.step(step.step, metrics_of(result, step))
    """

    def begin(self, config: TrainingConfig) -> None:
        """The training begins; its settings are told, but for ``metadata`` and the seed."""
        raise NotImplementedError

    def step(self, step: int, metrics: Mapping[str, Number]) -> None:
        """Numbers of a step. What is no finite number is left out."""
        raise NotImplementedError

    def end(self, failed: bool = False) -> None:
        """The training is over. Called twice, it does nothing the second time."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.end(failed=kind is not None)


def metrics_of(
    result: Optional[ForwardBackwardResult] = None, step: Optional[OptimStepResult] = None
) -> dict[str, Number]:
    """The numbers of a pass and of a step that are told: six at most."""
    numbers: dict[str, Number] = {}
    if result is not None:
        numbers.update(loss=result.loss, tokens=result.tokens)
    if step is not None:
        numbers.update(grad_norm=step.grad_norm, learning_rate=step.learning_rate)
        if step.dp_metrics is not None:
            numbers["epsilon_spent"] = step.dp_metrics.epsilon_spent
            if step.dp_metrics.delta is not None:
                numbers["delta"] = step.dp_metrics.delta
    return finite(numbers)


def finite(metrics: Mapping[str, Number]) -> dict[str, Number]:
    """Those that are finite numbers: nothing else passes, whatever a caller puts in."""
    return {
        str(key): value
        for key, value in metrics.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def told_settings(config: TrainingConfig) -> dict[str, Any]:
    """The settings that are told, nested as in the configuration."""
    settings = dataclasses.asdict(config)
    # free text of the user's, and what would make noise and order reproducible
    del settings["metadata"], settings["seed"]
    settings["lora_config"]["target_modules"] = list(settings["lora_config"]["target_modules"])
    settings["optimizer"]["betas"] = list(settings["optimizer"]["betas"])
    return settings
