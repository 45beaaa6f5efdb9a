package dev.tensafe.batching.sample;

import dev.tensafe.nativelib.logits.LogitScan;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Log-softmax over one row of logits, and its largest entries. Confined to one thread. */
public final class LogProbabilities {
  private final LogitScan scan;

  public LogProbabilities(int vocabSize) {
    this(new LogitScan(vocabSize));
  }

  LogProbabilities(LogitScan scan) {
    this.scan = scan;
  }

  /**
   * The token's log-probability with the {@code top} most likely tokens.
   *
   * @param logits {@code [vocab]}, unchanged; a direct buffer in the machine's byte order
   * @throws dev.tensafe.batching.EngineException {@code engine.numerics} when they are not numbers
   */
  public TokenLogprob of(FloatBuffer logits, int token, int top) {
    // log Σ exp(logit), computed around the maximum
    float max = logits.get(Sampler.mostLikely(scan, logits));
    double logSum = max + Math.log(scan.weigh(logits, max, 1));
    int count = scan.best(logits, top);
    List<TokenLogprob.Alternative> alternatives = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int id = scan.id(i);
      alternatives.add(new TokenLogprob.Alternative(id, logits.get(id) - logSum));
    }
    return new TokenLogprob(token, logits.get(token) - logSum, alternatives);
  }
}
