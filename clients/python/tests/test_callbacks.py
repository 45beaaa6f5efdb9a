"""Callbacks: what they write, that other tools can read it, and what is never in it."""

from __future__ import annotations

import json
import math
import struct
import tempfile
import threading
import unittest
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tg_tinker import DPConfig, DPMetrics, ForwardBackwardResult, OptimStepResult, TrainingConfig
from tg_tinker._protobuf import fields
from tg_tinker.callbacks import MlflowRun, OfflineRun, export_folder, metrics_of
from tg_tinker.errors import InvalidInputError, TransportError

CONFIG = TrainingConfig(
    model_ref="tiny",
    dp_config=DPConfig(noise_multiplier=1.5, data_set="letters"),
    seed=47114711,
    metadata={"note": "of a secret kind"},
)
SECRETS = (b"secret", b"47114711")
RESULT = ForwardBackwardResult(
    loss=1.25, grad_norm=math.nan, tokens=12, metrics={"odd": 3.0}, logprobs=[[-47114711.0]]
)
STEP = OptimStepResult(
    step=1,
    grad_norm=0.5,
    learning_rate=1e-4,
    dp_metrics=DPMetrics(epsilon_spent=0.125, delta=1e-5),
    metrics={},
)


class Recorded:
    """A tracking server that keeps what it got."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []
        self.raw = b""
        self.status = 200
        self.tokens: set[Any] = set()
        self.experiment = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = 1 << 16

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

            def do_GET(self) -> None:
                self.reply(None)

            def do_POST(self) -> None:
                self.reply(self.rfile.read(int(self.headers["Content-Length"])))

            def reply(self, content: Any) -> None:
                route = self.path.removeprefix("/api/2.0/mlflow/")
                outer.raw += self.path.encode() + bytes(self.headers) + (content or b"")
                outer.tokens.add(self.headers["Authorization"])
                outer.requests.append((route, json.loads(content) if content else None))
                status, answer = outer.status, outer.answer(route)
                if answer is None:
                    status, answer = 404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True
        )
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, route: str) -> Any:
        if route.startswith("experiments/get-by-name"):
            return {"experiment": {"experiment_id": "7"}} if self.experiment else None
        if route == "experiments/create":
            return {"experiment_id": "8"}
        if route == "runs/create":
            return {"run": {"info": {"run_id": "run-9"}}}
        return {}

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


class CallbacksTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name)

    def test_metrics_are_finite_numbers_and_no_others(self) -> None:
        self.assertEqual(
            {
                "loss": 1.25,
                "tokens": 12,
                "grad_norm": 0.5,
                "learning_rate": 1e-4,
                "epsilon_spent": 0.125,
                "delta": 1e-5,
            },
            metrics_of(RESULT, STEP),
        )
        empty = OptimStepResult(1, math.nan, math.inf, None, {})
        self.assertEqual({}, metrics_of(None, empty))

    def test_an_offline_run_is_a_log_of_records(self) -> None:
        times = iter([1000.0, 1001.0, 1002.5, 1003.0])
        run = OfflineRun(self.path, project="poems", name="größe", now=lambda: next(times))
        with run:
            run.begin(CONFIG)
            numbers: dict[str, Any] = {**metrics_of(RESULT, STEP), "text": "a secret"}
            run.step(1, numbers)
            run.step(2, {"loss": 0.5})
        run.end()
        self.assertEqual(f"offline-run-19700101_001640-{run.run_id}", run.path.name)
        log = (run.path / f"run-{run.run_id}.wandb").read_bytes()
        records = [dict(fields(record)) for record in read_log(log)]
        self.assertEqual([1, 2, 3, 4, 5, 6], [record[1] for record in records])
        self.assertEqual([21, 17, 2, 2, 3, 18], [max(set(record) - {1}) for record in records])
        made = dict(fields(records[1][17]))
        self.assertEqual(run.run_id.encode(), made[1])
        self.assertEqual((b"poems", "größe".encode()), (made[3], made[8]))
        self.assertEqual({1: 1000}, dict(fields(made[17])))
        config = items(made[4])
        self.assertEqual(1.5, config["dp_config"]["noise_multiplier"])
        first = items(records[2][2])
        self.assertEqual(
            (1.25, 1, 1001.0, 1.0),
            (first["loss"], first["_step"], first["_timestamp"], first["_runtime"]),
        )
        self.assertEqual(0.5, items(records[4][3])["loss"])
        self.assertEqual({2: 3}, dict(fields(records[5][18])))
        summary = json.loads((run.path / "files" / "wandb-summary.json").read_text())
        self.assertEqual((0.5, 12), (summary["loss"], summary["tokens"]))
        self.assertIn("model_ref", (run.path / "files" / "config.yaml").read_text())
        self.no_secret(self.path)

    def test_records_longer_than_a_block(self) -> None:
        run = OfflineRun(self.path)
        run.begin(CONFIG)
        long = {f"metric-{index:05}": float(index) for index in range(2500)}
        for step in range(40):
            run.step(step, long if step % 13 == 0 else {"loss": float(step)})
        run.end(failed=True)
        log = (run.path / f"run-{run.run_id}.wandb").read_bytes()
        records = [dict(fields(record)) for record in read_log(log)]
        self.assertEqual(44, len(records))
        self.assertEqual(2499.0, items(records[2][2])["metric-02499"])
        self.assertEqual(38.0, items(records[40][2])["loss"])
        self.assertEqual(1, dict(fields(records[-1][18]))[1])

    def test_records_that_end_anywhere_in_a_block(self) -> None:
        run = OfflineRun(self.path)
        run.begin(CONFIG)
        for step in range(900):
            run.step(step, {"x" * (1 + step % 97): 1.0})
        run.end()
        log = (run.path / f"run-{run.run_id}.wandb").read_bytes()
        self.assertGreater(len(log), 3 * 32768)
        self.assertEqual(904, len(read_log(log)))

    def test_a_run_that_fails_says_so(self) -> None:
        run = OfflineRun(self.path)
        with self.assertRaises(ZeroDivisionError):
            with run:
                run.begin(CONFIG)
                raise ZeroDivisionError
        log = (run.path / f"run-{run.run_id}.wandb").read_bytes()
        self.assertEqual(1, dict(fields(dict(fields(read_log(log)[-1]))[18]))[1])
        with self.assertRaises(RuntimeError):
            run.step(1, {})

    def test_mlflow(self) -> None:
        server = Recorded()
        self.addCleanup(server.close)
        run = MlflowRun(
            server.url, "poems & more", "first", token="tracking", every=2, now=lambda: 1000.0
        )
        with run:
            run.begin(CONFIG)
            run.step(1, metrics_of(RESULT, STEP))
            self.assertEqual(1, len([r for r, _ in server.requests if r == "runs/log-batch"]))
            run.step(2, {"loss": 1.0, "bad": math.nan})
            run.step(3, {"loss": 0.5})
        routes = [route for route, _ in server.requests]
        self.assertEqual(
            [
                "experiments/get-by-name?experiment_name=poems%20%26%20more",
                "experiments/create",
                "runs/create",
                "runs/log-batch",
                "runs/log-batch",
                "runs/log-batch",
                "runs/update",
            ],
            routes,
        )
        self.assertEqual({"Bearer tracking"}, server.tokens)
        bodies = [body for _, body in server.requests]
        self.assertEqual(("8", "first"), (bodies[2]["experiment_id"], bodies[2]["run_name"]))
        params = {param["key"]: param["value"] for param in bodies[3]["params"]}
        self.assertEqual("1.5", params["dp_config.noise_multiplier"])
        self.assertEqual("16", params["lora_config.rank"])
        metric = {"key": "loss", "value": 1.25, "timestamp": 1000000, "step": 1}
        self.assertIn(metric, bodies[4]["metrics"])
        self.assertNotIn("bad", [m["key"] for m in bodies[4]["metrics"]])
        self.assertEqual(["loss"], [m["key"] for m in bodies[5]["metrics"]])
        self.assertEqual("FINISHED", bodies[6]["status"])
        for secret in SECRETS:
            self.assertNotIn(secret, server.raw)
        self.assertNotIn("tracking", repr(run))

    def test_a_tracking_server_that_is_away_does_not_stop_a_training(self) -> None:
        server = Recorded()
        self.addCleanup(server.close)
        server.experiment = True
        run = MlflowRun(server.url)
        run.begin(CONFIG)
        server.status = 500
        run.step(1, {"loss": 1.0})
        assert run.problem is not None
        self.assertEqual(500, run.problem.status)
        server.status = 200
        run.step(2, {"loss": 0.5})
        self.assertIsNone(run.problem)
        self.assertEqual([1, 2], [m["step"] for m in server.requests[-1][1]["metrics"]])
        run.end(failed=True)
        run.end()
        self.assertEqual("FAILED", server.requests[-1][1]["status"])
        with self.assertRaises(TransportError):
            MlflowRun("http://127.0.0.1:9").begin(CONFIG)

    def test_a_folder_for_a_hub(self) -> None:
        peft = self.path / "peft"
        peft.mkdir()
        with self.assertRaises(InvalidInputError):
            export_folder(self.path / "hub", CONFIG, adapter=peft)
        self.assertFalse((self.path / "hub").exists())
        (peft / "adapter_config.json").write_text("{}")
        (peft / "adapter_model.safetensors").write_bytes(b"weights")
        (peft / "notes.txt").write_text("a secret")
        report = {"method": "rdp", "epsilon": 0.5}
        history: list[tuple[int, dict[str, Any]]] = [
            (1, dict(metrics_of(RESULT, STEP))),
            (2, {"loss": 0.5}),
        ]
        folder = export_folder(self.path / "hub", CONFIG, history, report, peft)
        self.assertEqual(
            [
                "README.md",
                "adapter_config.json",
                "adapter_model.safetensors",
                "metrics.jsonl",
                "privacy_report.json",
                "training_config.json",
            ],
            sorted(file.name for file in folder.iterdir()),
        )
        card = (folder / "README.md").read_text()
        self.assertTrue(card.startswith('---\nbase_model: "tiny"\nlibrary_name: peft\n'), card)
        self.assertIn("| loss | 0.5 |", card)
        self.assertIn("differential-privacy", card)
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        self.assertEqual({"step": 2, "loss": 0.5}, json.loads(lines[1]))
        self.no_secret(folder)
        bare = export_folder(self.path / "bare", TrainingConfig(model_ref="tiny"))
        self.assertIn("not in this folder", (bare / "README.md").read_text())
        with self.assertRaises(FileExistsError):
            export_folder(bare, CONFIG)

    def no_secret(self, directory: Path) -> None:
        for file in directory.rglob("*"):
            if file.is_file():
                for secret in SECRETS:
                    self.assertNotIn(secret, file.read_bytes(), file.name)


def read_log(log: bytes) -> list[bytes]:
    """The records of a LevelDB log, every checksum compared."""
    assert log[:7] == struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
    records: list[bytes] = []
    pieces: list[bytes] = []
    at = 7
    while at < len(log):
        room = 32768 - at % 32768
        if room < 7:
            assert log[at:][:room] == bytes(room)
            at += room
            continue
        checksum, length, kind = struct.unpack_from("<IHB", log, at)
        assert 7 + length <= room
        data = log[at + 7:][:length]
        assert checksum == zlib.crc32(bytes([kind]) + data)
        at += 7 + length
        assert (kind in (1, 2)) == (not pieces)
        pieces.append(data)
        if kind in (1, 4):
            records.append(b"".join(pieces))
            pieces = []
    assert not pieces
    return records


def items(message: bytes) -> dict[str, Any]:
    """Keys and JSON values of a record's items."""
    found: dict[str, Any] = {}
    for number, value in fields(message):
        if number == 1:
            item = dict(fields(value))
            found[item[1].decode()] = json.loads(item[16])
    return found


if __name__ == "__main__":
    unittest.main()
