"""A folder as model hubs expect it: model card, settings, numbers, perhaps the adapter."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ..config import TrainingConfig
from ..errors import InvalidInputError
from .base import Number, finite, told_settings

_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")

StrPath = Union[str, "os.PathLike[str]"]


def export_folder(
    target: StrPath,
    config: TrainingConfig,
    history: Sequence[tuple[int, Mapping[str, Number]]] = (),
    privacy_report: Optional[Mapping[str, Any]] = None,
    adapter: Optional[StrPath] = None,
) -> Path:
    """Writes ``README.md``, ``training_config.json``, ``metrics.jsonl``, ``privacy_report.json``.

    ``history`` holds steps and their numbers. ``adapter`` is a directory of PEFT files on this
    machine; they are copied as they are, and they are the weights: without it, the folder has
    none. Never written are gradients, tokens, prompts, completions, the seed, ``metadata`` or any
    key. Nothing is sent anywhere. The folder must not exist yet.
    """
    files: list[Path] = []
    if adapter is not None:
        files = [Path(adapter) / name for name in _ADAPTER]
        for file in files:
            if not file.is_file():
                raise InvalidInputError(f"{file.name} is missing in the adapter's directory")
    folder = Path(target)
    folder.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
    settings = told_settings(config)
    _write_json(folder / "training_config.json", settings)
    with open(folder / "metrics.jsonl", "w", encoding="utf-8") as out:
        for step, metrics in history:
            out.write(json.dumps({"step": step, **finite(metrics)}) + "\n")
    if privacy_report is not None:
        _write_json(folder / "privacy_report.json", dict(privacy_report))
    last = finite(history[-1][1]) if history else {}
    (folder / "README.md").write_text(
        _card(config, last, privacy_report is not None, bool(files)), encoding="utf-8"
    )
    return folder


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _card(config: TrainingConfig, last: Mapping[str, Number], report: bool, weights: bool) -> str:
    lora = config.lora_config
    lines = [
        "---",
        f"base_model: {json.dumps(config.model_ref)}",
        "library_name: peft",
        "tags:",
        "- lora",
    ]
    if config.private:
        lines.append("- differential-privacy")
    lines += ["---", "", "# LoRA adapter", ""]
    lines.append(
        f"Rank {lora.rank}, alpha {lora.alpha:g}, on {', '.join(lora.target_modules)};"
        f" trained with {config.optimizer.name}."
    )
    if not weights:
        lines += ["", "The weights are not in this folder."]
    if last:
        lines += ["", "| last step | |", "|---|---|"]
        lines += [f"| {key} | {value:g} |" for key, value in sorted(last.items())]
    if config.private:
        where = "privacy_report.json" if report else "the training server's report"
        lines += ["", f"Trained with differential privacy; {where} says what that covers."]
    return "\n".join(lines) + "\n"
