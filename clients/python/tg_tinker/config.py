"""Settings of a client and of a training."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Sequence, Union

from .errors import InvalidInputError


@dataclass(frozen=True)
class ClientConfig:
    """Where the server is and how patient the client is.

    ``api_key`` is never shown. ``base_url`` and ``api_key`` come from ``TINKER_BASE_URL`` and
    ``TINKER_API_KEY`` where they are not given.
    """

    base_url: str = ""
    api_key: str = field(default="", repr=False)
    #: seconds that one answer may take; the server holds a poll for up to 45
    timeout: float = 60.0
    #: seconds after which a call that fails again and again is given up
    retry_for: float = 300.0
    #: seconds between heartbeats of the session; 0 for none
    heartbeat_every: float = 60.0
    #: a PEM file of the authorities that may have signed the server's certificate
    ca_file: Optional[str] = None
    tags: Sequence[str] = ()

    def resolved(self) -> "ClientConfig":
        """With what the environment says where nothing was given."""
        base_url = self.base_url or os.environ.get("TINKER_BASE_URL", "")
        api_key = self.api_key or os.environ.get("TINKER_API_KEY", "")
        if not base_url:
            raise InvalidInputError("base_url is needed, or TINKER_BASE_URL")
        return dataclasses.replace(self, base_url=base_url, api_key=api_key)


@dataclass(frozen=True)
class LoRAConfig:
    """The low-rank adapter that is trained. A bias is never trained."""

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    target_modules: Sequence[str] = ("q_proj", "k_proj", "v_proj", "o_proj")
    bias: str = "none"
    rslora: bool = False


@dataclass(frozen=True)
class OptimizerConfig:
    """``adamw``, ``adafactor`` or ``sgd``, and its settings."""

    name: str = "adamw"
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    #: largest global norm of a step's gradients; 0 for none
    grad_clip_norm: float = 0.0


@dataclass(frozen=True)
class DPConfig:
    """Differential privacy: each example's gradient is clipped, noise is added to their sum.

    ``sampling_rate`` goes with ``data_set``, one that the server holds and draws from; without it
    the client chooses the batches, and nothing is gained from sampling.
    """

    noise_multiplier: float = 1.0
    max_grad_norm: float = 1.0
    target_epsilon: Optional[float] = None
    target_delta: Optional[float] = None
    data_set: Optional[str] = None
    sampling_rate: Optional[float] = None
    enabled: bool = True


@dataclass(frozen=True)
class TrainingConfig:
    """What is trained, and how."""

    model_ref: str = ""
    lora_config: LoRAConfig = field(default_factory=LoRAConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    dp_config: Optional[DPConfig] = None
    batch_size: int = 8
    gradient_accumulation_steps: int = 1
    max_steps: Optional[int] = None
    seed: Optional[int] = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(config: Union["TrainingConfig", Mapping[str, Any]]) -> "TrainingConfig":
        """The configuration itself, or one of a dictionary of the same shape."""
        if isinstance(config, TrainingConfig):
            return config
        values = dict(config)
        for key, kind in _PARTS.items():
            part = values.get(key)
            if isinstance(part, Mapping):
                values[key] = _of_mapping(kind, part)
        made: TrainingConfig = _of_mapping(TrainingConfig, values)
        return made

    @property
    def private(self) -> bool:
        """Whether differential privacy is on."""
        return self.dp_config is not None and self.dp_config.enabled

    def check(self) -> None:
        """Refuses what no server could do.

        The server checks everything again; this finds a wrong key before anything is sent.
        """
        if not self.model_ref:
            raise InvalidInputError("model_ref is needed: the name of the base model")
        if self.lora_config.bias != "none":
            raise InvalidInputError(
                f"bias '{self.lora_config.bias}' is not supported; only 'none' is"
            )
        if self.optimizer.name not in ("adamw", "adafactor", "sgd"):
            raise InvalidInputError(
                f"optimizer '{self.optimizer.name}' is not known; adamw, adafactor and sgd are"
            )
        for name, value in (
            ("rank", self.lora_config.rank),
            ("batch_size", self.batch_size),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps),
            ("max_steps", 1 if self.max_steps is None else self.max_steps),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidInputError(f"{name} is a whole number of at least 1, not {value!r}")

    def create_body(self) -> dict[str, Any]:
        """The body of ``create_model``, without the session."""
        lora, optimizer = self.lora_config, self.optimizer
        ours: dict[str, Any] = {
            "alpha": lora.alpha,
            "dropout": lora.dropout,
            "target_modules": list(lora.target_modules),
            "rslora": lora.rslora,
            "optimizer": {
                "name": optimizer.name,
                "learning_rate": optimizer.learning_rate,
                "weight_decay": optimizer.weight_decay,
                "betas": list(optimizer.betas),
                "eps": optimizer.eps,
            },
            "batch_size": self.batch_size,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }
        if self.max_steps is not None:
            ours["max_steps"] = self.max_steps
        if self.seed is not None:
            ours["seed"] = self.seed
        if self.private and self.dp_config is not None:
            dp = dataclasses.asdict(self.dp_config)
            del dp["enabled"]
            ours["dp"] = {key: value for key, value in dp.items() if value is not None}
        projections = {name.rsplit(".", 1)[-1] for name in lora.target_modules}
        lora_config: dict[str, Any] = {
            "rank": lora.rank,
            "train_unembed": False,
            "train_mlp": bool(projections & {"gate_proj", "up_proj", "down_proj"}),
            "train_attn": bool(projections & {"q_proj", "k_proj", "v_proj", "o_proj"}),
        }
        if self.seed is not None:
            lora_config["seed"] = self.seed
        body: dict[str, Any] = {
            "base_model": self.model_ref,
            "lora_config": lora_config,
            "type": "create_model",
            "tensafe": ours,
        }
        if self.metadata:
            body["user_metadata"] = dict(self.metadata)
        return body


_PARTS: dict[str, Any] = {
    "lora_config": LoRAConfig,
    "optimizer": OptimizerConfig,
    "dp_config": DPConfig,
}


def _of_mapping(kind: Any, values: Mapping[str, Any]) -> Any:
    known = {item.name for item in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InvalidInputError(
            f"{kind.__name__} has no '{unknown[0]}'; it has {', '.join(sorted(known))}"
        )
    return kind(**values)
