"""A small server of the wire for tests: it keeps what it got and fails as it is told."""

from __future__ import annotations

import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Mapping, Optional

from tg_tinker import _protobuf

KEY = "tsk-very-secret-4711"


def decode_pass(body: bytes) -> dict[str, Any]:
    """A ForwardBackwardRequest as a dictionary."""
    out: dict[str, Any] = {"data": [], "loss_fn_config": {}, "forward_only": False}
    for number, value in _protobuf.fields(body):
        if number == 1:
            out["model_id"] = value.decode()
        elif number == 2:
            out["seq_id"] = value
        elif number == 3:
            out["data"].append(_decode_datum(value))
        elif number == 4:
            out["loss_fn"] = value.decode()
        elif number == 5:
            entry = dict(_protobuf.fields(value))
            out["loss_fn_config"][entry[1].decode()] = struct.unpack("<d", entry[2])[0]
        elif number == 6:
            out["forward_only"] = bool(value)
    return out


def _decode_datum(message: bytes) -> dict[str, Any]:
    out: dict[str, Any] = {"tokens": [], "inputs": {}}
    for number, value in _protobuf.fields(message):
        if number == 1:
            text = dict(_protobuf.fields(dict(_protobuf.fields(value))[1]))[1]
            out["tokens"] += [item[0] for item in struct.iter_unpack("<i", text)]
        else:
            entry = dict(_protobuf.fields(value))
            tensor = dict(_protobuf.fields(entry[2]))
            code = {1: "<f", 2: "<q", 3: "<i"}[tensor[3]]
            out["inputs"][entry[1].decode()] = [
                item[0] for item in struct.iter_unpack(code, tensor[1])
            ]
    return out


class Fault:
    """One answer that is not the usual one; ``status`` 0 breaks the connection."""

    def __init__(
        self,
        status: int,
        body: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        after: bool = False,
    ) -> None:
        self.status = status
        self.body = {"error": "told to"} if body is None else body
        self.headers = dict(headers or {})
        #: whether the call takes effect before this answer
        self.after = after


class FakeServer:
    """Serves on a port of its own; a context manager."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []
        self.faults: dict[str, list[Fault]] = {}
        #: calls that had an effect, in order
        self.effects: list[tuple[str, Any]] = []
        self.results: dict[str, Any] = {}
        self.known: dict[Any, str] = {}
        self.keys: set[Optional[str]] = set()
        self.step = 0
        self.private = False
        self.answer_pass: Callable[[dict[str, Any]], dict[str, Any]] = self.usual_pass
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # one packet an answer
            wbufsize = 1 << 16

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

            def do_GET(self) -> None:
                outer.handle(self, None)

            def do_DELETE(self) -> None:
                outer.handle(self, None)

            def do_POST(self) -> None:
                outer.handle(self, self.rfile.read(int(self.headers["Content-Length"])))

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True
        )

    def __enter__(self) -> "FakeServer":
        self.thread.start()
        return self

    def __exit__(self, *unused: Any) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def fail(self, route: str, *faults: Fault) -> None:
        """The next answers of a route."""
        self.faults.setdefault(route, []).extend(faults)

    def sent(self, route: str) -> list[Any]:
        """The bodies that a route got."""
        return [body for name, body in self.requests if name == route]

    def handle(self, handler: BaseHTTPRequestHandler, raw: Optional[bytes]) -> None:
        route = handler.path.removeprefix("/api/v1/")
        body: Any = None
        if raw is not None:
            if handler.headers["Content-Type"] == "application/x-protobuf":
                body = decode_pass(raw)
            else:
                body = json.loads(raw)
        with self.lock:
            self.keys.add(handler.headers["X-API-Key"])
            self.requests.append((route, body))
            queue = self.faults.get(route)
            fault = queue.pop(0) if queue else None
            if fault is None or fault.after:
                answer = self.answer(route, body)
                status, headers = 200, {}
                if answer is None:
                    status, answer = 410, {"error": "gone"}
        if fault is not None:
            status, answer, headers = fault.status, fault.body, fault.headers
        if status == 0:
            handler.close_connection = True
            handler.connection.close()
            return
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def answer(self, route: str, body: Any) -> Any:
        if route == "healthz":
            return {"status": "ok"}
        if route == "create_session":
            return {"session_id": "session-1"}
        if route == "session_heartbeat":
            return {}
        if route == "retrieve_future":
            return self.results.get(body["request_id"])
        if route == "tensafe/dp_metrics":
            return self.spent()
        if route == "tensafe/privacy_report":
            return {"method": "rdp", "epsilon": 0.5, "not_covered": ["validation loss"]}
        if route == "get_info":
            return {"model_id": body["model_id"], "lora_rank": 16}
        if route.endswith("/archive"):
            return b"TSSP"
        if route == "tensafe/data_sets":
            return {"data_set": body["data_set"], "examples": body["from"] + len(body["data"])}
        if route.startswith("training_runs/"):
            return {"checkpoints": [{"name": "step-1"}]}
        if route == "create_model":
            identity: Any = (body["session_id"], body["model_seq_id"])
        elif route == "asample":
            identity = object()
        else:
            identity = (body["model_id"], body["seq_id"])
        if identity not in self.known:
            request_id = f"request-{len(self.known)}"
            self.known[identity] = request_id
            self.effects.append((route, body))
            self.results[request_id] = self.effect(route, body)
        return {"request_id": self.known[identity]}

    def forget(self, request_id: str) -> Any:
        """A restart without the promise, but with the effect."""
        return self.results.pop(request_id)

    def effect(self, route: str, body: Any) -> Any:
        if route == "create_model":
            return {"type": "create_model", "model_id": "model-1"}
        if route == "forward_backward":
            return self.answer_pass(body)
        if route == "tensafe/sampled_forward_backward":
            return {"type": "forward_backward", "loss_fn_outputs": [], "metrics": {}}
        if route == "optim_step":
            self.step += 1
            ours: dict[str, Any] = {"step": self.step}
            if self.private:
                ours["dp_metrics"] = self.spent()
            metrics = {"grad_norm": 0.25, "learning_rate": body["adam_params"]["learning_rate"]}
            return {"type": "optim_step", "metrics": metrics, "tensafe": ours}
        if route == "save_weights":
            name = body.get("path", f"step-{self.step}")
            return {"path": f"tinker://model-1/weights/{name}", "tensafe": {"step": self.step}}
        if route == "load_weights":
            return {"path": body["path"], "tensafe": {"step": 7}}
        if route == "save_weights_for_sampler":
            return {"path": f"tinker://model-1/sampler_weights/{len(self.effects)}"}
        if route == "asample":
            sequences = [
                {"tokens": [1, 2], "stop_reason": "length", "text": f"{prompt}! {index}"}
                for prompt in body["tensafe"]["prompts"]
                for index in range(body["num_samples"])
            ]
            return {"type": "sample", "sequences": sequences}
        if route == "unload_model":
            return {"model_id": body["model_id"]}
        raise AssertionError(f"an unknown route {route}")

    def spent(self) -> dict[str, Any]:
        return {"epsilon_spent": 0.125 * self.step, "delta": 1e-5, "target_epsilon": 8.0}

    @staticmethod
    def usual_pass(body: dict[str, Any]) -> dict[str, Any]:
        """A loss of 2 a token of weight 1."""
        weights = [datum["inputs"].get("weights", []) for datum in body["data"]]
        scored = sum(1 for row in weights for weight in row if weight)
        return {
            "type": "forward_backward",
            "loss_fn_output_type": "TensorData",
            "loss_fn_outputs": [
                {
                    "logprobs": {
                        "data": [-2.0] * len(datum["tokens"]),
                        "dtype": "float32",
                        "shape": [len(datum["tokens"])],
                    }
                }
                for datum in body["data"]
            ],
            "metrics": {
                "loss:sum": 2.0 * sum(map(sum, weights)),
                "tokens": scored,
                "grad_norm": 1.5,
            },
        }
