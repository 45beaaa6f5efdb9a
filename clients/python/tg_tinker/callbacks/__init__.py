"""What may be told to other tools while a training runs: numbers and settings, nothing else.

No callback sends weights, gradients, tokens, prompts, completions or any other text of the data,
nor the key of the training server. Each one's own description lists all that it does send.
"""

from .base import Callback, metrics_of
from .folder import export_folder
from .mlflow import MlflowRun
from .offline_run import OfflineRun

__all__ = ["Callback", "MlflowRun", "OfflineRun", "export_folder", "metrics_of"]
