"""Training over HTTP with a TenSafe server. Standard library only.

    from tg_tinker import BatchData, ServiceClient, TrainingConfig

    service = ServiceClient(base_url="https://host:8000", api_key="…")
    training = service.create_training_client(TrainingConfig(model_ref="tiny"))
    result = training.forward_backward(BatchData(input_ids=[[1, 2, 3]])).result()
    training.optim_step().result()
"""

from .config import ClientConfig, DPConfig, LoRAConfig, OptimizerConfig, TrainingConfig
from .data import BatchData, Datum
from .errors import (
    AuthenticationError,
    FutureFailedError,
    FutureTimeoutError,
    InvalidInputError,
    NotFoundError,
    RateLimitError,
    RequestError,
    ServerError,
    TinkerError,
    TransportError,
)
from .futures import TinkerFuture
from .results import (
    DPMetrics,
    ForwardBackwardResult,
    LoadResult,
    OptimStepResult,
    PrivacyReport,
    Sample,
    SampleResult,
    SaveResult,
)
from .service import VERSION as __version__
from .service import ServiceClient
from .training import TrainingClient

__all__ = [
    "AuthenticationError",
    "BatchData",
    "ClientConfig",
    "DPConfig",
    "DPMetrics",
    "Datum",
    "ForwardBackwardResult",
    "FutureFailedError",
    "FutureTimeoutError",
    "InvalidInputError",
    "LoRAConfig",
    "LoadResult",
    "NotFoundError",
    "OptimStepResult",
    "OptimizerConfig",
    "PrivacyReport",
    "RateLimitError",
    "RequestError",
    "Sample",
    "SampleResult",
    "SaveResult",
    "ServerError",
    "ServiceClient",
    "TinkerError",
    "TinkerFuture",
    "TrainingClient",
    "TrainingConfig",
    "TransportError",
    "__version__",
]
