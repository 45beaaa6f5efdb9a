"""Weights & Biases, without its server: a run directory that ``wandb sync`` can send later."""

from __future__ import annotations

import json
import os
import secrets
import struct
import time
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Callable, Mapping, Optional, Union

from .._protobuf import varint
from ..config import TrainingConfig
from .base import Callback, Number, finite, told_settings

_BLOCK = 32768
_HEAD = 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class OfflineRun(Callback):
    """Writes ``offline-run-<time>-<id>`` into a directory. Sends nothing anywhere.

    Written are: project, name and id of the run, the time, the settings of the training but for
    ``metadata`` and the seed, and the numbers of each step. Never written are weights, gradients,
    tokens, prompts, completions, keys, environment variables, the command line, the host's name,
    code, or output of the program.

    The run's file is a log of protobuf records in the form of wandb 0.30; what becomes of it when
    it is synchronised is that program's, and its server's.
    """

    def __init__(
        self,
        directory: Union[str, os.PathLike[str]] = "wandb",
        project: str = "tensafe",
        name: str = "",
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self._begun = now()
        self.run_id = secrets.token_hex(4)
        stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime(self._begun))
        self.path = Path(directory) / f"offline-run-{stamp}-{self.run_id}"
        self._project = project
        self._name = name or f"run-{self.run_id}"
        self._summary: dict[str, Number] = {}
        self._records = 0
        self._log: Optional[_Log] = None

    def begin(self, config: TrainingConfig) -> None:
        files = self.path / "files"
        files.mkdir(parents=True)
        self._log = _Log(open(self.path / f"run-{self.run_id}.wandb", "xb"))
        settings = told_settings(config)
        self._record(21, _message(1, _text(1, "0.30.0") + _text(2, "0.30.0")))
        run = [_text(1, self.run_id), _text(3, self._project)]
        run.append(_message(4, _items(settings)))
        run.append(_text(8, self._name))
        seconds = int(self._begun)
        run.append(_message(17, _number(1, seconds)))
        self._record(17, b"".join(run))
        lines = ["wandb_version: 1\n"]
        for key, value in settings.items():
            # JSON is YAML, too
            lines.append(f"{key}:\n  value: {json.dumps(value)}\n")
        (files / "config.yaml").write_text("".join(lines), encoding="utf-8")

    def step(self, step: int, metrics: Mapping[str, Number]) -> None:
        now = self._now()
        numbers: dict[str, Number] = {
            **finite(metrics),
            "_step": step,
            "_timestamp": now,
            "_runtime": now - self._begun,
        }
        self._summary.update(numbers)
        self._record(2, _items(numbers) + _message(2, _number(1, step)))

    def end(self, failed: bool = False) -> None:
        if self._log is None:
            return
        self._record(3, _items(self._summary))
        exit_code, runtime = int(failed), int(self._now() - self._begun)
        self._record(18, _number(1, exit_code) + _number(2, runtime))
        self._log.close()
        self._log = None
        summary = json.dumps(self._summary, sort_keys=True)
        (self.path / "files" / "wandb-summary.json").write_text(summary, encoding="utf-8")

    def _record(self, kind: int, content: bytes) -> None:
        if self._log is None:
            raise RuntimeError("the run has not begun, or is over")
        self._records += 1
        self._log.append(_number(1, self._records) + _message(kind, content))


class _Log:
    """The form of a LevelDB log: records in pieces that do not cross blocks of 32 KiB."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self._write(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))

    def append(self, record: bytes) -> None:
        """Writes a record, and hands it to the system."""
        room = _BLOCK - self._at % _BLOCK
        if room < _HEAD:
            self._write(bytes(room))
            room = _BLOCK
        if len(record) + _HEAD <= room:
            self._piece(_FULL, record)
        else:
            at = room - _HEAD
            self._piece(_FIRST, record[:at])
            while len(record) - at > _BLOCK - _HEAD:
                end = at + _BLOCK - _HEAD
                self._piece(_MIDDLE, record[at:end])
                at = end
            self._piece(_LAST, record[at:])
        self._out.flush()

    def close(self) -> None:
        """Closes the file, forced to disk."""
        os.fsync(self._out.fileno())
        self._out.close()

    def _piece(self, kind: int, data: bytes) -> None:
        checksum = zlib.crc32(data, zlib.crc32(bytes([kind])))
        self._write(struct.pack("<IHB", checksum, len(data), kind) + data)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)


def _items(values: Mapping[str, Any]) -> bytes:
    """Items of a configuration, a history or a summary, which all have the same form."""
    return b"".join(
        _message(1, _text(1, key) + _text(16, json.dumps(value))) for key, value in values.items()
    )


def _message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def _text(number: int, text: str) -> bytes:
    return _message(number, text.encode())


def _number(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value) if value else b""
