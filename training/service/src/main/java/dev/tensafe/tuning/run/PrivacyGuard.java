package dev.tensafe.tuning.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.training.torch.GradientNoise;
import dev.tensafe.tuning.PrivacySettings;

/** The budgets of data sets, and the noise that spends them. Called on the trainer's thread. */
public interface PrivacyGuard {
  /**
   * Charges one step, durably, before it is taken.
   *
   * @throws dev.tensafe.formats.CodedException {@code privacy.budget_exhausted}; nothing is charged
   */
  void charge(String tenant, PrivacySettings privacy, String model);

  /** A key for one step's noise. */
  byte[] newKey();

  /**
   * Noise of a key: the same key gives the same noise.
   *
   * @param deviation of each value
   */
  GradientNoise noise(byte[] key, double deviation);

  /** What is spent, as numbers for answers. */
  ObjectNode spent(String tenant, PrivacySettings privacy);

  /** The report on a model's run and on its data set, for people and for auditors. */
  ObjectNode report(String tenant, PrivacySettings privacy, String model);
}
