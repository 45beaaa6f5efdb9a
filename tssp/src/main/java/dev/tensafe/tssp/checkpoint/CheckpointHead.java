package dev.tensafe.tssp.checkpoint;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Everything of a training checkpoint but its tensors. Reals keep every bit. Its text is encrypted
 * with the tensors.
 *
 * @param step optimizer steps done
 * @param schedule of the learning rate
 * @param lora the adapter that is trained, as the manifest describes it
 * @param random where the stream of random numbers stands; absent where nothing is seeded
 * @param ledger what the privacy ledger said when this was written; absent without privacy
 * @param metrics by name, so far
 * @param settings of whoever trains, by name
 * @param metadata of the user, by name; any text
 */
public record CheckpointHead(
    long step,
    Rule optimizer,
    Rule schedule,
    Lora lora,
    Optional<RandomPosition> random,
    Optional<LedgerReference> ledger,
    Map<String, Double> metrics,
    Map<String, String> settings,
    Map<String, String> metadata) {
  public CheckpointHead {
    metrics = Map.copyOf(metrics);
    settings = Map.copyOf(settings);
    metadata = Map.copyOf(metadata);
  }

  /** Names no text of the user. */
  @Override
  public String toString() {
    return "CheckpointHead[step="
        + step
        + ", optimizer="
        + optimizer.name()
        + ", ledger="
        + ledger.map(l -> Long.toString(l.sequence())).orElse("none")
        + "]";
  }

  /**
   * A rule and its numbers.
   *
   * @param name such as {@code adamw} or {@code cosine}
   * @param settings finite, by name
   */
  public record Rule(String name, Map<String, Double> settings) {
    public Rule {
      settings = Map.copyOf(settings);
    }
  }

  /**
   * The adapter that is trained.
   *
   * @param dropout 0 … 1, below 1
   * @param targets projections adapted in every layer, such as {@code q_proj}
   */
  public record Lora(
      int rank, BigDecimal alpha, boolean rslora, double dropout, Set<String> targets) {
    public Lora {
      targets = Set.copyOf(targets);
    }
  }

  /**
   * A place in a stream of random numbers.
   *
   * @param position numbers drawn, or batches, as whoever trains counts
   * @param dataSeed of the order of the data, if it has one of its own
   */
  public record RandomPosition(long seed, long position, OptionalLong dataSeed) {}

  /**
   * The entry of a privacy ledger that was the newest. A ledger that stands behind it is not the
   * one this model was trained under; whoever loads the checkpoint compares.
   *
   * @param dataSet name of the data set
   * @param sequence number of the entry
   * @param digest of the chain up to it, SHA-256, 64 hexadecimal digits
   */
  public record LedgerReference(String dataSet, long sequence, String digest) {}
}
