"""The client against a server that fails in every way that the wire knows."""

from __future__ import annotations

import math
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from typing import Any

from tests.fake_server import KEY, FakeServer, Fault
from tg_tinker import (
    AuthenticationError,
    BatchData,
    ClientConfig,
    Datum,
    DPConfig,
    FutureFailedError,
    FutureTimeoutError,
    InvalidInputError,
    LoRAConfig,
    NotFoundError,
    OptimizerConfig,
    RateLimitError,
    RequestError,
    ServerError,
    ServiceClient,
    TinkerError,
    TrainingClient,
    TrainingConfig,
    TransportError,
    data,
)


class Clock:
    """A time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.clock = Clock()

    def service(self, **settings: Any) -> ServiceClient:
        service = ServiceClient(
            base_url=self.server.url,
            api_key=KEY,
            heartbeat_every=0.0,
            sleep=self.clock.sleep,
            clock=self.clock,
            **settings,
        )
        self.addCleanup(service.close)
        return service

    def training(self, **settings: Any) -> TrainingClient:
        return self.service().create_training_client(TrainingConfig(model_ref="tiny", **settings))

    def test_a_loop_of_supervised_training(self) -> None:
        training = self.training(
            lora_config=LoRAConfig(
                rank=16, alpha=32.0, dropout=0.05, target_modules=["q_proj", "v_proj"], bias="none"
            ),
            optimizer=OptimizerConfig(name="adamw", learning_rate=1e-4, betas=(0.9, 0.999)),
            gradient_accumulation_steps=2,
            max_steps=100,
            seed=3,
        )
        batch = BatchData(
            input_ids=[[5, 6, 7, 8], [9, 10, 11, 0]],
            attention_mask=[[1, 1, 1, 1], [1, 1, 1, 0]],
            labels=[[-100, 6, 7, 8], [-100, -100, 11, -100]],
        )
        result = training.forward_backward(batch).result()
        self.assertAlmostEqual(2.0, result.loss)
        self.assertEqual(4, result.tokens)
        self.assertEqual(1.5, result.grad_norm)
        step = training.optim_step().result()
        self.assertEqual(1, step.step)
        self.assertEqual(0.25, step.grad_norm)
        self.assertIsNone(step.dp_metrics)
        self.assertEqual({KEY}, self.server.keys)
        created = self.server.sent("create_model")[0]
        self.assertEqual(
            {
                "alpha": 32.0,
                "dropout": 0.05,
                "target_modules": ["q_proj", "v_proj"],
                "rslora": False,
                "optimizer": {
                    "name": "adamw",
                    "learning_rate": 1e-4,
                    "weight_decay": 0.01,
                    "betas": [0.9, 0.999],
                    "eps": 1e-8,
                },
                "batch_size": 8,
                "gradient_accumulation_steps": 2,
                "max_steps": 100,
                "seed": 3,
            },
            created["tensafe"],
        )
        self.assertEqual(
            {
                "rank": 16,
                "train_unembed": False,
                "train_mlp": False,
                "train_attn": True,
                "seed": 3,
            },
            created["lora_config"],
        )
        (sent,) = self.server.sent("forward_backward")
        self.assertEqual(("model-1", 1), (sent["model_id"], sent["seq_id"]))
        self.assertEqual("cross_entropy", sent["loss_fn"])
        first, second = sent["data"]
        self.assertEqual([5, 6, 7], first["tokens"])
        self.assertEqual([6, 7, 8], first["inputs"]["target_tokens"])
        self.assertEqual([0.125, 0.125, 0.125], first["inputs"]["weights"])
        # the padding is gone, and what is not scored has no weight
        self.assertEqual([9, 10], second["tokens"])
        self.assertEqual([10, 11], second["inputs"]["target_tokens"])
        self.assertEqual([0.0, 0.125], second["inputs"]["weights"])
        self.assertEqual(2, self.server.sent("optim_step")[0]["seq_id"])
        self.assertEqual(
            {
                "learning_rate": 1e-4,
                "beta1": 0.9,
                "beta2": 0.999,
                "eps": 1e-8,
                "weight_decay": 0.01,
                "grad_clip_norm": 0.0,
            },
            self.server.sent("optim_step")[0]["adam_params"],
        )
        self.assertNotIn("tensafe", self.server.sent("optim_step")[0])

    def test_a_private_loop(self) -> None:
        self.server.private = True
        training = self.service().create_training_client(
            {
                "model_ref": "tiny",
                "lora_config": {"rank": 8},
                "optimizer": {"name": "sgd", "learning_rate": 0.1},
                "dp_config": {
                    "noise_multiplier": 1.0,
                    "max_grad_norm": 0.5,
                    "target_epsilon": 8.0,
                    "target_delta": 1e-5,
                    "data_set": "letters",
                },
                "batch_size": 4,
            }
        )
        batch = {"input_ids": [[1, 2, 3, 4, 5], [1, 2]]}
        result = training.forward_backward(batch).result()
        # the mean of each example has the weight 1, whatever its length
        sent = self.server.sent("forward_backward")[0]["data"]
        self.assertEqual([0.25] * 4, sent[0]["inputs"]["weights"])
        self.assertEqual([1.0], sent[1]["inputs"]["weights"])
        self.assertAlmostEqual(2.0, result.loss)
        step = training.optim_step(apply_dp_noise=True).result()
        assert step.dp_metrics is not None
        self.assertEqual(0.125, step.dp_metrics.epsilon_spent)
        self.assertEqual(7.875, step.dp_metrics.epsilon_remaining)
        self.assertEqual({"apply_dp_noise": True}, self.server.sent("optim_step")[0]["tensafe"])
        self.assertNotIn("beta1", self.server.sent("optim_step")[0]["adam_params"])
        self.assertEqual(
            {
                "noise_multiplier": 1.0,
                "max_grad_norm": 0.5,
                "target_epsilon": 8.0,
                "target_delta": 1e-5,
                "data_set": "letters",
            },
            self.server.sent("create_model")[0]["tensafe"]["dp"],
        )
        self.assertEqual(0.125, training.get_dp_metrics().epsilon_spent)
        report = training.get_privacy_report()
        self.assertEqual(0.5, report.epsilon)
        self.assertEqual(["validation loss"], report["not_covered"])
        with self.assertRaises(AttributeError):
            report.nothing
        drawn = training.forward_backward_sampled().result()
        self.assertTrue(math.isnan(drawn.loss))
        (sampled,) = self.server.sent("tensafe/sampled_forward_backward")
        self.assertEqual(3, sampled["seq_id"])

    def test_sampling_saving_and_loading(self) -> None:
        training = self.training()
        first = training.sample(prompts=["Once", "Twice"], max_tokens=8, temperature=0.7)
        self.assertEqual("Once! 0", first.samples[0].completion)
        self.assertEqual("Twice", first.samples[1].prompt)
        (body,) = self.server.sent("asample")
        self.assertEqual(8, body["sampling_params"]["max_tokens"])
        self.assertEqual({"prompts": ["Once", "Twice"]}, body["tensafe"])
        training.sample("Once", num_samples=2)
        # weights that did not change are not published again
        self.assertEqual(1, len(self.server.sent("save_weights_for_sampler")))
        training.optim_step()
        training.sample("Once")
        self.assertEqual(2, len(self.server.sent("save_weights_for_sampler")))
        paths = [sent["model_path"] for sent in self.server.sent("asample")]
        self.assertEqual(paths[0], paths[1])
        self.assertNotEqual(paths[1], paths[2])
        saved = training.save_state(metadata={"note": "best", "epoch": 3}, name="best")
        self.assertEqual("tinker://model-1/weights/best", saved.artifact_id)
        self.assertEqual(
            {"note": "best", "epoch": "3"},
            self.server.sent("save_weights")[0]["tensafe"]["metadata"],
        )
        self.assertEqual(7, training.load_state(saved.artifact_id).step)
        self.assertTrue(self.server.sent("load_weights")[0]["optimizer"])
        training.sample("Once")
        self.assertEqual(3, len(self.server.sent("save_weights_for_sampler")))
        self.assertEqual(16, training.get_info()["lora_rank"])
        training.close()
        numbers = [body["seq_id"] for _, body in self.server.effects if "seq_id" in body]
        self.assertEqual(list(range(1, len(numbers) + 1)), numbers)

    def test_what_failed_for_a_moment_is_sent_again_with_one_effect(self) -> None:
        training = self.training()
        for fault in (
            Fault(408),
            Fault(500),
            Fault(503),
            Fault(0),
            Fault(0, after=True),
            Fault(500, after=True),
            Fault(429, headers={"Retry-After": "3"}),
            Fault(429),
        ):
            before = len(self.server.effects)
            self.server.fail("optim_step", fault)
            self.clock.sleeps.clear()
            training.optim_step().result()
            self.assertEqual(before + 1, len(self.server.effects), fault.status)
            if fault.status != 429:
                self.assertEqual([], self.clock.sleeps, "sent again at once")
            elif fault.headers:
                self.assertEqual([3.0], self.clock.sleeps)
            else:
                self.assertEqual(1, len(self.clock.sleeps))
        self.assertEqual(8, self.server.step)

    def test_pauses_grow_until_it_is_given_up(self) -> None:
        training = self.training()
        self.server.fail("optim_step", *[Fault(500) for _ in range(500)])
        with self.assertRaises(ServerError) as raised:
            training.optim_step()
        self.assertEqual("server", raised.exception.category)
        self.assertLessEqual(self.clock.now, 300.0)
        self.assertGreater(self.clock.now, 250.0)
        self.assertLess(len(self.clock.sleeps), 60)
        self.assertLess(max(self.clock.sleeps[:2]), 0.6)
        self.assertGreaterEqual(max(self.clock.sleeps), 10.0)
        self.server.faults.clear()
        self.server.fail("optim_step", *[Fault(429) for _ in range(500)])
        with self.assertRaises(RateLimitError):
            training.optim_step()

    def test_a_promise_that_is_gone_is_asked_for_with_the_original_call(self) -> None:
        training = self.training()
        future = training.forward_backward({"input_ids": [[1, 2, 3]]})
        request = self.server.known[("model-1", 1)]
        result = self.server.forget(request)
        del self.server.known[("model-1", 1)]
        effects = len(self.server.effects)
        self.assertAlmostEqual(2.0, future.result().loss)
        first, second = self.server.sent("forward_backward")
        self.assertEqual(first, second)
        self.assertEqual(effects + 1, len(self.server.effects))
        self.assertEqual(result["metrics"], future.result().metrics)
        # a server that forgets everything is given up
        self.server.fail("retrieve_future", *[Fault(410) for _ in range(20)])
        with self.assertRaises(RequestError) as raised:
            training.optim_step().result()
        self.assertEqual(410, raised.exception.status)
        self.assertEqual(9, len(self.server.sent("optim_step")))

    def test_a_result_that_is_not_there_is_asked_for_again(self) -> None:
        training = self.training()
        again = {"type": "try_again", "request_id": "r", "queue_state": "paused_capacity"}
        self.server.fail("retrieve_future", *[Fault(200, again) for _ in range(4)])
        self.clock.sleeps.clear()
        self.assertEqual(1, training.optim_step().result().step)
        self.assertEqual([0.05, 0.1, 0.2, 0.4], self.clock.sleeps)
        self.server.fail("retrieve_future", *[Fault(200, again) for _ in range(100)])
        future = training.optim_step()
        with self.assertRaises(FutureTimeoutError):
            future.result(timeout=5)
        self.assertFalse(future.done())
        self.server.faults.clear()
        self.assertEqual(2, future.result().step)
        self.assertTrue(future.done())

    def test_large_batches_go_in_chunks_whose_results_are_joined(self) -> None:
        training = self.training()
        rows = [[1, 2, 3]] * (2 * data.MAX_DATUMS + 5)
        result = training.forward_backward({"input_ids": rows}).result()
        sent = self.server.sent("forward_backward")
        self.assertEqual([1024, 1024, 5], [len(body["data"]) for body in sent])
        self.assertEqual([1, 2, 3], [body["seq_id"] for body in sent])
        self.assertAlmostEqual(2.0, result.loss, places=5)
        self.assertEqual(2 * len(rows), result.tokens)
        self.assertEqual(len(rows), len(result.logprobs))
        self.assertEqual(5_000_000, data.MAX_CHUNK_BYTES)
        with unittest.mock.patch.object(data, "MAX_CHUNK_BYTES", 50_000):
            training.forward_backward({"input_ids": [[1] * 1001] * 6}).result()
        sizes = [len(body["data"]) for body in self.server.sent("forward_backward")[3:]]
        # 16 bytes a token: three rows stay below 50 kB
        self.assertEqual([3, 3], sizes)
        training.optim_step().result()
        self.assertEqual(6, self.server.effects[-1][1]["seq_id"])

    def test_losses_with_inputs_of_their_own(self) -> None:
        training = self.training()
        datum = Datum(
            tokens=[1, 2],
            loss_fn_inputs={
                "target_tokens": [2, 3],
                "logprobs": [-1.0, -2.0],
                "advantages": [1, -1],
            },
        )
        training.forward_backward([datum], "ppo", {"clip_low_threshold": 0.8}).result()
        (sent,) = self.server.sent("forward_backward")
        self.assertEqual("ppo", sent["loss_fn"])
        self.assertEqual({"clip_low_threshold": 0.8}, sent["loss_fn_config"])
        self.assertEqual([-1.0, -2.0], sent["data"][0]["inputs"]["logprobs"])
        self.assertEqual([2, 3], sent["data"][0]["inputs"]["target_tokens"])
        batch = BatchData([[1, 2, 3]], loss_fn_inputs={"advantages": [[9, 0.5, -0.5]]})
        training.forward(batch, "importance_sampling").result()
        sent = self.server.sent("forward_backward")[1]
        self.assertTrue(sent["forward_only"])
        self.assertEqual([0.5, -0.5], sent["data"][0]["inputs"]["advantages"])

    def test_a_custom_loss_goes_back_as_weights(self) -> None:
        training = self.training()
        datum = Datum([1, 2], {"target_tokens": [2, 3], "weights": [1.0, 1.0]})

        def squares(
            examples: Any, logprobs: list[list[float]]
        ) -> tuple[float, list[list[float]]]:
            self.assertEqual([datum], examples)
            value = sum(p * p for row in logprobs for p in row)
            return value, [[2 * p for p in row] for row in logprobs]

        result = training.forward_backward_custom([datum], squares)
        self.assertEqual(8.0, result.loss)
        first, second = self.server.sent("forward_backward")
        self.assertTrue(first["forward_only"])
        self.assertFalse(second["forward_only"])
        self.assertEqual([4.0, 4.0], second["data"][0]["inputs"]["weights"])
        with self.assertRaises(InvalidInputError):
            training.forward_backward_custom([datum], lambda examples, logprobs: (0.0, [[1.0]]))

    def test_errors_are_typed_and_a_refused_call_takes_no_number(self) -> None:
        training = self.training()
        ours = {"error": {"message": "no", "code": "tuning.no_privacy", "type": "invalid"}}
        for fault, kind, code, category in (
            (Fault(400, ours), RequestError, "tuning.no_privacy", "user"),
            (Fault(401), AuthenticationError, "http_401", "user"),
            (Fault(403), AuthenticationError, "http_403", "user"),
            (Fault(404), NotFoundError, "http_404", "user"),
            (Fault(413, b"<html>"), RequestError, "http_413", "user"),
            (Fault(422, {"detail": [{"loc": []}]}), RequestError, "http_422", "user"),
        ):
            self.server.fail("optim_step", fault)
            with self.assertRaises(kind) as raised:
                training.optim_step()
            self.assertEqual((code, category), (raised.exception.code, raised.exception.category))
        training.optim_step().result()
        self.assertEqual(1, self.server.effects[-1][1]["seq_id"])
        failed = {"error": "the gradients are no numbers", "category": "server", "code": "t.nan"}
        self.server.fail("retrieve_future", Fault(200, failed))
        future = training.optim_step()
        for _ in range(2):
            with self.assertRaises(FutureFailedError) as later:
                future.result()
            self.assertEqual("t.nan", later.exception.code)
            self.assertEqual("server", later.exception.category)
        self.server.fail("optim_step", Fault(200, b"<html>hello</html>"))
        with self.assertRaises(TransportError):
            training.optim_step()
        self.server.fail("optim_step", Fault(200, {"nothing": 1}))
        with self.assertRaises(TransportError):
            training.optim_step().result()

    def test_a_server_that_is_not_there(self) -> None:
        service = ServiceClient(
            base_url="http://127.0.0.1:9", api_key=KEY, sleep=self.clock.sleep, clock=self.clock
        )
        with self.assertRaises(TransportError) as raised:
            service.healthy()
        self.assertEqual("client.connection", raised.exception.code)

    def test_no_secret_is_shown(self) -> None:
        service = self.service()
        training = service.create_training_client(TrainingConfig(model_ref="tiny"))
        secret_batch = BatchData(input_ids=[[4711, 4712]])
        future = training.forward_backward(secret_batch)
        echo = Fault(400, {"error": f"a bad key {KEY}"})
        self.server.fail("optim_step", echo)
        with self.assertRaises(TinkerError) as raised:
            training.optim_step()
        sample = training.sample("private text").samples[0]
        for thing in (
            service,
            training,
            future,
            future.result(),
            secret_batch,
            secret_batch.datums(False, 1)[0],
            sample,
            training.sample("private text"),
            ClientConfig(base_url="http://x", api_key=KEY),
            service._transport,
            raised.exception,
            str(raised.exception),
        ):
            for secret in (KEY, "4711", "private text"):
                self.assertNotIn(secret, repr(thing))

    def test_settings_that_are_wrong_are_found_before_anything_is_sent(self) -> None:
        service = self.service()
        wrong: list[tuple[dict[str, Any], str]] = [
            ({}, "model_ref"),
            ({"model_ref": "m", "lora": {}}, "no 'lora'"),
            ({"model_ref": "m", "lora_config": {"r": 1}}, "no 'r'"),
            ({"model_ref": "m", "lora_config": {"bias": "all"}}, "bias"),
            ({"model_ref": "m", "lora_config": {"rank": 0}}, "rank"),
            ({"model_ref": "m", "optimizer": {"name": "adam"}}, "adamw"),
            ({"model_ref": "m", "max_steps": 0}, "max_steps"),
        ]
        for config, text in wrong:
            with self.assertRaises(InvalidInputError) as raised:
                service.create_training_client(config)
            self.assertIn(text, str(raised.exception))
        for url in ("", "ftp://x", "http://", "http://user:pass@host", "http://x?key=1"):
            with self.assertRaises(InvalidInputError):
                ServiceClient(base_url=url, api_key=KEY)
        with self.assertRaises(InvalidInputError):
            ServiceClient(ClientConfig(base_url="http://x"), api_key=KEY)
        self.assertEqual([], self.server.requests)

    def test_rows_that_are_wrong_are_found_before_anything_is_sent(self) -> None:
        training = self.training()
        sent = len(self.server.requests)
        for batch, text in (
            (BatchData([]), "rows"),
            (BatchData([1, 2]), "rows"),
            (BatchData([[1]]), "fewer than two"),
            (BatchData([[1, 2]], [[0, 0]]), "padding only"),
            (BatchData([[1, 2, 3]], [[1, 0, 1]]), "gap"),
            (BatchData([[1, 2]], [[1]]), "shape"),
            (BatchData([[1, 2]], None, [[1, 2], [3, 4]]), "shape"),
            (BatchData([[1, 2]], None, [[-100, -100]]), "no token"),
            (BatchData([[1, 2.5]]), "no token"),
            (BatchData([[1 << 40, 1]]), "no token or no number"),
            ({"input_ids": [[1, 2]], "text": "x"}, "not ['text']"),
            ("text", "batch"),
            ([], "at least one"),
            ([Datum([1], {"weights": [1.0, 2.0]})], "2 values for 1"),
            ([Datum([], {})], "no tokens"),
            ([Datum([1], {"target_tokens": [1], "weights": [math.nan]})], "NaN"),
        ):
            with self.assertRaises(InvalidInputError) as raised:
                training.forward_backward(batch)  # type: ignore[arg-type]
            self.assertIn(text, str(raised.exception))
        self.assertEqual(sent, len(self.server.requests))

    def test_arrays_and_tensors_are_taken(self) -> None:
        class Tensor:
            def __init__(self, values: Any) -> None:
                self.values = values

            def tolist(self) -> Any:
                return self.values

        training = self.training()
        training.forward_backward(
            BatchData(Tensor([[1, 2, 3]]), Tensor([[0, 1, 1]]), [Tensor([-100, 2, 3])])
        ).result()
        (sent,) = self.server.sent("forward_backward")
        self.assertEqual([2], sent["data"][0]["tokens"])
        self.assertEqual([3], sent["data"][0]["inputs"]["target_tokens"])

    def test_the_rest_of_the_service(self) -> None:
        with self.service() as service:
            self.assertTrue(service.healthy())
            service.heartbeat()
            self.assertEqual([], self.server.sent("session_heartbeat"))
            with service.create_training_client(model_ref="tiny") as training:
                self.assertEqual("model-1", training.model_id)
            service.heartbeat()
            self.assertEqual("session-1", self.server.sent("session_heartbeat")[0]["session_id"])
            self.assertEqual("step-1", service.list_checkpoints("model-1")[0]["name"])
            self.assertEqual(1, len(self.server.sent("unload_model")))

    def test_a_data_set_is_uploaded_in_chunks(self) -> None:
        service = self.service()
        with unittest.mock.patch.object(data, "MAX_DATUMS", 2):
            self.assertEqual(3, service.upload_data_set("letters", {"input_ids": [[1, 2, 3]] * 3}))
        sent = self.server.sent("tensafe/data_sets")
        self.assertEqual([(0, 2), (2, 1)], [(body["from"], len(body["data"])) for body in sent])
        self.assertEqual(
            {
                "model_input": {"chunks": [{"type": "encoded_text", "tokens": [1, 2]}]},
                "loss_fn_inputs": {
                    "target_tokens": {"data": [2, 3], "dtype": "int64", "shape": [2]},
                    "weights": {"data": [0.5, 0.5], "dtype": "float32", "shape": [2]},
                },
            },
            sent[0]["data"][0],
        )
        with self.assertRaises(InvalidInputError):
            service.upload_data_set("letters", [Datum([1], {"weights": [math.inf]})])

    def test_weights_come_as_a_package(self) -> None:
        training = self.training()
        with tempfile.TemporaryDirectory() as directory:
            path = training.download_package(Path(directory) / "poet.tssp")
            self.assertEqual(b"TSSP", path.read_bytes())
        route = self.server.requests[-1][0]
        self.assertRegex(route, "^training_runs/model-1/checkpoints/sampler_weights/.*/archive$")
        self.service().delete_checkpoint("model-1", "weights/step-1")
        self.assertEqual(
            "training_runs/model-1/checkpoints/weights/step-1", self.server.requests[-1][0]
        )

    def test_the_session_is_kept_alive(self) -> None:
        service = ServiceClient(base_url=self.server.url, api_key=KEY, heartbeat_every=0.001)
        service.create_training_client(model_ref="tiny")
        while len(self.server.sent("session_heartbeat")) < 2:
            service.healthy()
        service.close()


if __name__ == "__main__":
    unittest.main()
