"""The protobuf messages of ``forward_backward``, written and read by hand.

Only what is sent is here: ``tinker_public.ForwardBackwardRequest`` with text chunks and dense
tensors. The reader is the tests' and tools'; it refuses what does not end where it says.
"""

from __future__ import annotations

import struct
import sys
from array import array
from typing import Any, Iterable, Iterator, Mapping, Sequence

FLOAT32 = 1
INT64 = 2
INT32 = 3

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """An unsigned or, in ten bytes, a negative number."""
    if value < 0:
        value += 1 << 64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | _BYTES) + varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return varint(number << 3 | _VARINT) + varint(value) if value else b""


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode()) if text else b""


def little_endian(code: str, values: Iterable[float]) -> bytes:
    """Numbers of one type of the module ``array``, little-endian."""
    numbers = array(code, values)
    if sys.byteorder != "little":
        numbers.byteswap()
    return bytes(numbers.tobytes())


def tensor(dtype: int, values: Sequence[float], shape: Sequence[int]) -> bytes:
    """A dense ``Tensor``."""
    code = {FLOAT32: "f", INT64: "q", INT32: "i"}[dtype]
    sizes = b"".join(varint(size) for size in shape)
    return _field(1, little_endian(code, values)) + _number(3, dtype) + _field(4, sizes)


def datum(tokens: Sequence[int], inputs: Mapping[str, bytes]) -> bytes:
    """A ``Datum`` of one text chunk and encoded tensors by name."""
    chunk = _field(1, _field(1, little_endian("i", tokens)))
    return _field(1, chunk) + b"".join(
        _field(2, _text(1, name) + _field(2, content)) for name, content in sorted(inputs.items())
    )


def forward_backward(
    model_id: str,
    seq_id: int,
    data: Sequence[bytes],
    loss_fn: str,
    loss_fn_config: Mapping[str, float],
    forward_only: bool,
) -> bytes:
    """A ``ForwardBackwardRequest`` of encoded ``Datum`` messages."""
    return b"".join(
        [
            _text(1, model_id),
            _number(2, seq_id),
            *(_field(3, item) for item in data),
            _text(4, loss_fn),
            *(
                _field(5, _text(1, key) + varint(2 << 3 | _FIXED64) + struct.pack("<d", value))
                for key, value in sorted(loss_fn_config.items())
            ),
            _number(6, int(forward_only)),
        ]
    )


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and values of a message's fields, in order.

    Numbers that came as varints are unsigned; fixed ones are their bytes.
    """
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _read_varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, at = _read_varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field of the unknown type {kind}")
        if size > len(message) - at:
            raise ValueError("a field goes beyond the end of its message")
        end = at + size
        yield tag >> 3, message[at:end]
        at = end


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at == len(message):
            raise ValueError("the message ends inside a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, at
    raise ValueError("a number has more than 64 bits")
