package dev.tensafe.tuning.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.privacy.BatchChoice;
import dev.tensafe.privacy.BudgetLedger;
import dev.tensafe.privacy.DataSetId;
import dev.tensafe.privacy.GaussianStream;
import dev.tensafe.privacy.PrivacyBudget;
import dev.tensafe.privacy.PrivacyReport;
import dev.tensafe.privacy.PrivateNoise;
import dev.tensafe.privacy.PrivateRun;
import dev.tensafe.privacy.SampledGaussian;
import dev.tensafe.privacy.SpentBudget;
import dev.tensafe.training.torch.GradientNoise;
import dev.tensafe.tuning.PrivacySettings;

/** Budgets in the durable ledger, noise from the cryptographic generator. Thread-safe. */
public final class LedgerGuard implements PrivacyGuard {
  /** What a model without a target may spend: a number that no run of use comes near. */
  private static final double NO_TARGET = 1e6;

  private final BudgetLedger ledger;

  public LedgerGuard(BudgetLedger ledger) {
    this.ledger = ledger;
  }

  /** The ledger's name for a tenant's data set; a service without keys has one tenant. */
  static DataSetId dataSet(String tenant, String name) {
    return new DataSetId(tenant.isEmpty() ? "-" : tenant, name);
  }

  private static DataSetId dataSet(String tenant, PrivacySettings privacy) {
    return dataSet(tenant, privacy.dataSet());
  }

  @Override
  public void charge(String tenant, PrivacySettings privacy, String model) {
    ledger.charge(
        dataSet(tenant, privacy),
        model,
        new SampledGaussian(privacy.accountedRate(), privacy.noiseMultiplier(), 1),
        new PrivacyBudget(privacy.targetEpsilon().orElse(NO_TARGET), privacy.targetDelta()));
  }

  @Override
  public byte[] newKey() {
    return PrivateNoise.fresh().key();
  }

  @Override
  public GradientNoise noise(byte[] key, double deviation) {
    GaussianStream stream = PrivateNoise.ofKey(key).gaussians(0);
    return values -> stream.addTo(values, deviation);
  }

  @Override
  public ObjectNode spent(String tenant, PrivacySettings privacy) {
    SpentBudget spent = ledger.spent(dataSet(tenant, privacy), privacy.targetDelta());
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("data_set", privacy.dataSet());
    out.put("epsilon_spent", spent.epsilon()).put("delta", spent.delta());
    privacy.targetEpsilon().ifPresent(target -> out.put("target_epsilon", target));
    out.put("noise_multiplier", privacy.noiseMultiplier());
    out.put("max_grad_norm", privacy.maxNorm());
    out.put("sampling_rate", privacy.accountedRate());
    out.put("steps", spent.events().stream().mapToLong(SampledGaussian::steps).sum());
    return out;
  }

  @Override
  public ObjectNode report(String tenant, PrivacySettings privacy, String model) {
    DataSetId dataSet = dataSet(tenant, privacy);
    BatchChoice choice =
        privacy.rate().isPresent() ? BatchChoice.SERVER_SAMPLED : BatchChoice.CLIENT_CHOSEN;
    PrivacyReport report =
        PrivacyReport.of(
            dataSet,
            new PrivateRun(model, choice, privacy.maxNorm()),
            ledger.spent(dataSet, privacy.targetDelta()),
            privacy.targetEpsilon().stream()
                .mapToObj(epsilon -> new PrivacyBudget(epsilon, privacy.targetDelta()))
                .findFirst());
    ObjectNode out = spent(tenant, privacy);
    out.setAll(report.json());
    return out.put("text", report.text());
  }
}
