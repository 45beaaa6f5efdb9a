"""The Python client against a started server: what a user does, as a user writes it.

The server's address, a key and the model's name come from TRAINING_URL, TRAINING_KEY and
TRAINING_MODEL. The data set for privacy is new each time, since budgets are never given back.
"""

from __future__ import annotations

import math
import os
import secrets
import unittest

from tg_tinker import (
    AuthenticationError,
    BatchData,
    Datum,
    DPConfig,
    FutureFailedError,
    LoRAConfig,
    NotFoundError,
    OptimizerConfig,
    ServiceClient,
    TinkerError,
    TrainingConfig,
    data,
)

URL = os.environ["TRAINING_URL"]
KEY = os.environ.get("TRAINING_KEY", "")
MODEL = os.environ["TRAINING_MODEL"]

ROWS = [[5, 6, 7, 8, 9, 10, 11, 12], [12, 11, 10, 9, 8, 7, 6, 5]]
BATCH = BatchData(input_ids=ROWS, attention_mask=[[1] * 8] * 2, labels=ROWS)


class ServerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.service = ServiceClient(base_url=URL, api_key=KEY)
        self.addCleanup(self.service.close)

    def config(self, **settings: object) -> TrainingConfig:
        return TrainingConfig(
            model_ref=MODEL,
            lora_config=LoRAConfig(rank=8, alpha=16.0, target_modules=["q_proj", "v_proj"]),
            optimizer=OptimizerConfig(name="adamw", learning_rate=1e-2),
            batch_size=2,
            seed=7,
            **settings,  # type: ignore[arg-type]
        )

    def test_twenty_steps_and_what_comes_after(self) -> None:
        with self.service.create_training_client(self.config()) as training:
            losses = []
            for step in range(1, 21):
                result = training.forward_backward(BATCH).result()
                self.assertEqual(step, training.optim_step().result().step)
                losses.append(result.loss)
            self.assertLess(losses[-1], losses[0] - 0.1, losses)
            self.assertEqual(14, result.tokens)
            sampled = training.sample(prompts=["Once"], max_tokens=4, temperature=0.0)
            again = training.sample(prompts=["Once"], max_tokens=4, temperature=0.0)
            self.assertEqual(sampled.samples[0].completion, again.samples[0].completion)
            saved = training.save_state(metadata={"note": "after twenty"})
            here = training.forward(BATCH).result().loss
            for _ in range(3):
                training.forward_backward(BATCH)
                training.optim_step()
            self.assertNotEqual(here, training.forward(BATCH).result().loss)
            self.assertEqual(20, training.load_state(saved.artifact_id).step)
            self.assertEqual(here, training.forward(BATCH).result().loss)
            self.assertEqual(21, training.optim_step().result().step)
            self.assertTrue(self.service.list_checkpoints(training.model_id))
            self.service.delete_checkpoint(
                training.model_id, saved.artifact_id.split("/", 3)[3]
            )
            with self.assertRaises(TinkerError):
                training.load_state(saved.artifact_id)
            # an operator who knows no key of ours has nothing packed for us
            with self.assertRaises(NotFoundError):
                training.download_package("unused.tssp")

    def test_gradients_of_chunks_add_up(self) -> None:
        ends = []
        for chunked in (False, True):
            with self.service.create_training_client(self.config()) as training:
                if chunked:
                    most, data.MAX_DATUMS = data.MAX_DATUMS, 1
                try:
                    training.forward_backward(BATCH)
                finally:
                    if chunked:
                        data.MAX_DATUMS = most
                training.optim_step()
                ends.append(training.forward(BATCH).result().loss)
        self.assertTrue(math.isclose(ends[0], ends[1], rel_tol=1e-5), ends)

    def test_a_private_training(self) -> None:
        name = "it-" + secrets.token_hex(6)
        dp = DPConfig(
            noise_multiplier=4.0,
            max_grad_norm=1.0,
            target_epsilon=3.0,
            target_delta=1e-5,
            data_set=name,
        )
        with self.service.create_training_client(self.config(dp_config=dp)) as training:
            spent = 0.0
            for _ in range(2):
                training.forward_backward(BATCH).result()
                step = training.optim_step(apply_dp_noise=True).result()
                assert step.dp_metrics is not None
                self.assertGreater(step.dp_metrics.epsilon_spent, spent)
                spent = step.dp_metrics.epsilon_spent
            self.assertEqual(spent, training.get_dp_metrics().epsilon_spent)
            self.assertEqual(spent, training.get_privacy_report()["epsilon_spent"])
            with self.assertRaises(FutureFailedError):
                training.optim_step(apply_dp_noise=False).result()
            with self.assertRaises(FutureFailedError) as over:
                for _ in range(100):
                    training.forward_backward(BATCH)
                    training.optim_step(apply_dp_noise=True).result()
            self.assertEqual("user", over.exception.category)
            self.assertLessEqual(training.get_dp_metrics().epsilon_spent, 3.0)

    def test_batches_that_the_server_draws(self) -> None:
        name = "it-" + secrets.token_hex(6)
        self.assertEqual(40, self.service.upload_data_set(name, {"input_ids": ROWS * 20}))
        # the same again is no second one
        self.assertEqual(40, self.service.upload_data_set(name, {"input_ids": ROWS * 20}))
        spent = []
        for rate in (0.05, None):
            dp = DPConfig(
                noise_multiplier=2.0,
                max_grad_norm=1.0,
                target_epsilon=50.0,
                target_delta=1e-5,
                data_set=name if rate else name + "-given",
                sampling_rate=rate,
            )
            with self.service.create_training_client(self.config(dp_config=dp)) as training:
                if rate:
                    drawn = training.forward_backward_sampled().result()
                    self.assertEqual(0, len(drawn.logprobs))
                    with self.assertRaises(FutureFailedError):
                        training.forward_backward(BATCH).result()
                else:
                    training.forward_backward(BATCH)
                training.optim_step().result()
                spent.append(training.get_dp_metrics().epsilon_spent)
        # drawing gains: the same noise costs less
        self.assertLess(spent[0], spent[1])

    def test_other_losses(self) -> None:
        with self.service.create_training_client(self.config()) as training:
            datum = Datum([5, 6], {"target_tokens": [6, 7], "weights": [1.0, 1.0]})
            before = training.forward([datum]).result()
            logprobs = before.logprobs[0]
            self.assertTrue(math.isclose(before.loss, -sum(logprobs) / 2, rel_tol=1e-4))
            policy = Datum(
                [5, 6],
                {
                    "target_tokens": [6, 7],
                    "logprobs": list(logprobs),
                    "advantages": [1.0, 1.0],
                },
            )
            for loss_fn in ("importance_sampling", "ppo"):
                result = training.forward([policy], loss_fn).result()
                # the ratios are 1
                self.assertTrue(math.isclose(-2.0, result.metrics["loss:sum"], rel_tol=1e-4))
            custom = training.forward_backward_custom(
                [datum], lambda _, rows: (-sum(rows[0]), [[-1.0] * len(rows[0])])
            )
            self.assertTrue(math.isclose(custom.loss, before.loss * 2, rel_tol=1e-4))

    def test_what_is_wrong_is_told(self) -> None:
        with self.service.create_training_client(self.config()) as training:
            with self.assertRaises(TinkerError) as token:
                training.forward_backward({"input_ids": [[5, 2_000_000_000]]}).result()
            self.assertEqual("user", token.exception.category)
            with self.assertRaises(TinkerError) as loss:
                training.forward_backward(BATCH, "no_such_loss").result()
            self.assertEqual("user", loss.exception.category)
            with self.assertRaises(TinkerError):
                training.load_state("tinker://nobody/weights/nothing")
            # and it goes on
            training.forward_backward(BATCH)
            self.assertEqual(1, training.optim_step().result().step)
        with self.assertRaises(TinkerError):
            self.service.create_training_client(TrainingConfig(model_ref="no such model"))
        with self.assertRaises(NotFoundError):
            self.service.list_checkpoints("no-such-model")

    @unittest.skipUnless(KEY, "the server has no keys")
    def test_a_wrong_key(self) -> None:
        stranger = ServiceClient(base_url=URL, api_key="wrong")
        self.addCleanup(stranger.close)
        with self.assertRaises(AuthenticationError):
            stranger.create_training_client(self.config())


if __name__ == "__main__":
    unittest.main()
