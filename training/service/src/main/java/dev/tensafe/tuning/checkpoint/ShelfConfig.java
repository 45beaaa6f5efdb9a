package dev.tensafe.tuning.checkpoint;

import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Path;
import java.util.List;

/**
 * What the checkpoints of one model are written and read with.
 *
 * @param directory the model's own; made when something is saved
 * @param model its name, as an adapter's
 * @param kept how many are kept, at least 1
 * @param baseName what the base model is called; shown, not compared
 * @param signer whose packages these are; {@code trust} must know it
 * @param reader opens them here
 * @param others who may open them too, such as their owner
 */
public record ShelfConfig(
    Path directory,
    String model,
    int kept,
    String baseName,
    BaseModel base,
    SigningKey signer,
    RecipientKey reader,
    List<RecipientPublicKey> others,
    TrustStore trust) {
  public static final int DEFAULT_KEPT = 3;

  public ShelfConfig {
    others = List.copyOf(others);
    if (kept < 1) {
      throw new IllegalArgumentException("at least one checkpoint is kept, not " + kept);
    }
  }

  /** Names no key. */
  @Override
  public String toString() {
    return "ShelfConfig[" + model + ", " + kept + " in " + directory + "]";
  }
}
