"""Training data as it is sent, and the chunks it is sent in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Optional, Sequence

from . import _protobuf
from .errors import InvalidInputError

#: a position that is not scored
IGNORED = -100

#: most datums, and bytes, of one chunk
MAX_DATUMS = 1024
MAX_CHUNK_BYTES = 5_000_000

_INTEGERS = frozenset({"target_tokens"})


@dataclass(frozen=True, repr=False)
class Datum:
    """One example: what the model reads, and the loss's inputs, each as long as the tokens.

    ``target_tokens`` are whole numbers, every other input real ones.
    """

    tokens: Sequence[int]
    loss_fn_inputs: Mapping[str, Sequence[float]]

    def __repr__(self) -> str:
        return f"Datum({len(self.tokens)} tokens, inputs {', '.join(sorted(self.loss_fn_inputs))})"

    def encoded(self, index: int) -> bytes:
        """Its protobuf message."""
        inputs = {}
        try:
            self._check(index)
            for name, values in self.loss_fn_inputs.items():
                kind = _protobuf.INT64 if name in _INTEGERS else _protobuf.FLOAT32
                inputs[name] = _protobuf.tensor(kind, values, [len(values)])
            return _protobuf.datum(self.tokens, inputs)
        except (OverflowError, TypeError):
            raise InvalidInputError(
                f"example {index} holds something that is no token or no number"
            ) from None

    def json(self, index: int) -> dict[str, Any]:
        """Its JSON."""
        # finds what is no token or no number
        self.encoded(index)
        inputs = {}
        for name, values in self.loss_fn_inputs.items():
            whole = name in _INTEGERS
            inputs[name] = {
                "data": [int(value) if whole else float(value) for value in values],
                "dtype": "int64" if whole else "float32",
                "shape": [len(values)],
            }
        chunk = {"type": "encoded_text", "tokens": [int(token) for token in self.tokens]}
        return {"model_input": {"chunks": [chunk]}, "loss_fn_inputs": inputs}

    def _check(self, index: int) -> None:
        if not self.tokens:
            raise InvalidInputError(f"example {index} has no tokens")
        for name, values in self.loss_fn_inputs.items():
            if len(values) != len(self.tokens):
                raise InvalidInputError(
                    f"example {index}: {name} has {len(values)} values"
                    f" for {len(self.tokens)} tokens"
                )
            if name not in _INTEGERS and not all(map(math.isfinite, values)):
                raise InvalidInputError(f"example {index}: {name} holds a NaN or an infinity")


@dataclass(frozen=True, repr=False)
class BatchData:
    """Rows of tokens as tokenizers for training make them: lists, arrays or tensors.

    ``attention_mask`` is 0 for padding, at either end of a row. ``labels`` stand where their
    tokens stand, -100 for those that are not scored; without them every token but the first is.
    ``loss_fn_inputs`` holds further inputs of other losses, in rows like the labels. Labels and
    inputs are shifted here: the label at position i + 1 is the target of position i.
    """

    input_ids: Any
    attention_mask: Any = None
    labels: Any = None
    loss_fn_inputs: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"BatchData({len(_rows(self.input_ids, 'input_ids'))} rows)"

    @staticmethod
    def of(data: Any) -> "BatchData":
        """The batch itself, or one of a dictionary with the same names."""
        if isinstance(data, BatchData):
            return data
        if isinstance(data, Mapping):
            known = ("input_ids", "attention_mask", "labels", "loss_fn_inputs")
            unknown = sorted(set(data) - set(known))
            if unknown or "input_ids" not in data:
                raise InvalidInputError(f"a batch has {', '.join(known)}, not {unknown}")
            return BatchData(**data)
        raise InvalidInputError("a batch is a BatchData, a dictionary or a list of Datum")

    def datums(self, per_example: bool, divisor: int) -> list[Datum]:
        """The examples, with weights that make the summed loss a mean.

        ``per_example``: of each example, else of all scored tokens, divided by ``divisor``.
        """
        shifted = list(self._shifted())
        scored = [sum(weights) for _, _, weights, _ in shifted]
        if sum(scored) == 0:
            raise InvalidInputError("no token of the batch is scored")
        datums = []
        for (tokens, targets, weights, inputs), own in zip(shifted, scored):
            by = max(1, own) if per_example else sum(scored) * divisor
            datums.append(
                Datum(
                    tokens,
                    {
                        "target_tokens": targets,
                        "weights": [weight / by for weight in weights],
                        **inputs,
                    },
                )
            )
        return datums

    def _shifted(
        self,
    ) -> Iterator[tuple[list[int], list[int], list[int], dict[str, list[float]]]]:
        rows = _rows(self.input_ids, "input_ids")
        masks = _like(rows, self.attention_mask, "attention_mask")
        labels = _like(rows, self.labels, "labels")
        others = {name: _like(rows, value, name) for name, value in self.loss_fn_inputs.items()}
        for index, row in enumerate(rows):
            first, end = _span(masks[index] if masks else [1] * len(row), index)
            if end - first < 2:
                raise InvalidInputError(f"row {index} has fewer than two tokens")
            tokens = [_whole(token, "input_ids", index) for token in row[first:end]]
            marks = labels[index][first:end] if labels else tokens
            targets, weights = [], []
            for token, mark in zip(tokens[1:], marks[1:]):
                label = _whole(mark, "labels", index)
                targets.append(token if label == IGNORED else label)
                weights.append(0 if label == IGNORED else 1)
            inputs = {
                name: [float(value) for value in value_rows[index][first:end][1:]]
                for name, value_rows in others.items()
                if value_rows
            }
            yield tokens[:-1], targets, weights, inputs


def _rows(values: Any, name: str) -> list[list[Any]]:
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, (list, tuple)) or not values:
        raise InvalidInputError(f"{name} is a list of rows, at least one")
    rows = [row.tolist() if hasattr(row, "tolist") else row for row in values]
    if not all(isinstance(row, (list, tuple)) for row in rows):
        raise InvalidInputError(f"{name} is a list of rows of numbers, not one row")
    return [list(row) for row in rows]


def _like(rows: list[list[Any]], values: Any, name: str) -> list[list[Any]]:
    """Rows of the same lengths, or none."""
    if values is None:
        return []
    others = _rows(values, name)
    if [len(row) for row in others] != [len(row) for row in rows]:
        raise InvalidInputError(f"{name} does not have the shape of input_ids")
    return others


def _span(mask: Sequence[Any], index: int) -> tuple[int, int]:
    ones = [position for position, bit in enumerate(mask) if bit]
    if not ones:
        raise InvalidInputError(f"row {index} is padding only")
    first, end = ones[0], ones[-1] + 1
    if end - first != len(ones):
        raise InvalidInputError(f"row {index}: attention_mask has a gap")
    return first, end


def _whole(value: Any, name: str, index: int) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise InvalidInputError(f"row {index}: {name} holds something that is no token")
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInputError(
            f"row {index}: {name} holds something that is no token"
        ) from None


def chunks(encoded: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Encoded datums in groups that one request may have; their gradients add up."""
    chunk: list[bytes] = []
    size = 0
    for message in encoded:
        if chunk and (len(chunk) == MAX_DATUMS or size + len(message) > MAX_CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(message)
        size += len(message)
    if chunk:
        yield chunk
