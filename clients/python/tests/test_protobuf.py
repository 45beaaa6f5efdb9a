"""The hand-written messages against bytes made by hand, and against protoc's own code."""

from __future__ import annotations

import importlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from tg_tinker import _protobuf as pb

HERE = Path(__file__).parent


class ProtobufTest(unittest.TestCase):
    def test_bytes_made_by_hand(self) -> None:
        tensor = pb.tensor(pb.INT64, [2], [1])
        self.assertEqual(
            bytes.fromhex("0a08" + "0200000000000000" + "1802" + "220101"), tensor
        )
        datum = pb.datum([1, 258], {"t": tensor})
        self.assertEqual(
            bytes.fromhex("0a0c" "0a0a" "0a08" "01000000" "02010000" "1214" "0a0174" "120f")
            + tensor,
            datum,
        )
        request = pb.forward_backward("m", 300, [datum], "ppo", {"a": 1.0}, True)
        self.assertEqual(
            bytes.fromhex("0a016d" "10ac02" "1a24")
            + datum
            + bytes.fromhex("2203" + b"ppo".hex() + "2a0c" "0a0161" "11000000000000f03f" "3001"),
            request,
        )

    def test_numbers(self) -> None:
        for value in (0, 1, 127, 128, 300, (1 << 63) - 1):
            message = b"\x08" + pb.varint(value)
            self.assertEqual([(1, value)], list(pb.fields(message)))
        self.assertEqual(10, len(pb.varint(-1)))
        self.assertEqual([(1, (1 << 64) - 1)], list(pb.fields(b"\x08" + pb.varint(-1))))

    def test_what_ends_where_it_should_not_is_refused(self) -> None:
        good = pb.forward_backward("m", 1, [pb.datum([1], {})], "x", {}, False)
        for end in range(len(good)):
            try:
                list(pb.fields(good[:end]))
            except ValueError:
                continue
        for bad in (b"\x08", b"\x0a\x05abcd", b"\x08" + b"\xff" * 10 + b"\x01", b"\x0b"):
            with self.assertRaises(ValueError):
                list(pb.fields(bad))

    def test_as_protoc_has_it(self) -> None:
        generated = self.generated()
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", file=sys.stderr)
        numbers = random.Random(seed)
        for _ in range(200):
            data = []
            message = generated.ForwardBackwardRequest(
                model_id=numbers.choice(["m", "größe-東京", "x" * 200]),
                seq_id=numbers.randrange(1 << 31),
                loss_fn=numbers.choice(["cross_entropy", "ppo"]),
                forward_only=numbers.random() < 0.5,
            )
            for key in ("clip", "beta")[: numbers.randrange(3)]:
                message.loss_fn_config[key] = numbers.uniform(-1e9, 1e9)
            for _ in range(numbers.randrange(5)):
                length = numbers.choice([1, 2, 127, 128, 4097])
                tokens = [numbers.randrange(1 << 31) for _ in range(length)]
                targets = [numbers.randrange(-1, 1 << 40) for _ in range(length)]
                weights = [numbers.choice([0.0, 0.5, -1.25, 1e-30]) for _ in range(length)]
                data.append(
                    pb.datum(
                        tokens,
                        {
                            "target_tokens": pb.tensor(pb.INT64, targets, [length]),
                            "weights": pb.tensor(pb.FLOAT32, weights, [length]),
                        },
                    )
                )
                example = message.data.add()
                example.model_input.add().encoded_text.tokens = pb.little_endian("i", tokens)
                parts: list[tuple[str, int, str, list[Any]]] = [
                    ("target_tokens", 2, "q", targets),
                    ("weights", 1, "f", weights),
                ]
                for name, kind, code, values in parts:
                    tensor = example.loss_fn_inputs[name]
                    tensor.dense = pb.little_endian(code, values)
                    tensor.dtype = kind
                    tensor.shape.append(length)
            ours = pb.forward_backward(
                message.model_id,
                message.seq_id,
                data,
                message.loss_fn,
                dict(message.loss_fn_config),
                message.forward_only,
            )
            read = generated.ForwardBackwardRequest()
            read.ParseFromString(ours)
            self.assertEqual(message, read)
            self.assertEqual(message.SerializeToString(deterministic=True), ours)

    def generated(self) -> Any:
        """The module that protoc makes; without it the comparison cannot be made."""
        try:
            importlib.import_module("google.protobuf")
        except ImportError:
            self.missing("python3-protobuf")
        protoc = shutil.which("protoc")
        if protoc is None:
            self.missing("protobuf-compiler")
        out = tempfile.TemporaryDirectory()
        self.addCleanup(out.cleanup)
        subprocess.run(
            [str(protoc), f"-I{HERE}", f"--python_out={out.name}", "tinker_public.proto"],
            check=True,
        )
        sys.path.insert(0, out.name)
        self.addCleanup(sys.path.remove, out.name)
        self.addCleanup(lambda: sys.modules.pop("tinker_public_pb2"))
        return importlib.import_module("tinker_public_pb2")

    def missing(self, package: str) -> None:
        if os.environ.get("CI") == "true":
            self.fail(f"Debian's {package} is needed")
        self.skipTest(f"Debian's {package} is not here")


if __name__ == "__main__":
    unittest.main()
