package dev.tensafe.formats.split;

/**
 * Known-answer probes: input vectors of small integers that anyone with the seed can draw again,
 * and the exact integers A' makes of them. A model host mixes them into what it sends; an adapter
 * host that computes with other weights gives itself away.
 *
 * <p>Vector i of a group is the next {@code in} bytes, as signed integers, of the key stream of
 * AES-256-CTR with a zero counter block under the key HMAC-SHA-256(seed, "probe:" + i + ":" +
 * group).
 */
public final class ProbeVectors {
  public static final int SEED_BYTES = 32;

  /** Most probes of one package. */
  public static final int MAX_COUNT = 256;

  private ProbeVectors() {}

  /**
   * @param group as {@link dev.tensafe.formats.peft.LoraTarget#group} names it
   * @return [in], each in -128 … 127
   */
  public static byte[] vector(byte[] seed, String group, int index, int in) {
    SeedStream stream = new SeedStream(seed, "probe:" + index + ":" + group);
    byte[] x = new byte[in];
    for (int j = 0; j < in; j++) {
      x[j] = stream.nextByte();
    }
    return x;
  }

  /**
   * [rank], Σ_j weights[k][j]·x[j]: no overflow, as |weights| &lt; 2^31, |x| ≤ 2^7, in &lt; 2^24.
   */
  public static long[] answers(SplitModule module, byte[] x) {
    long[] answers = new long[module.rank()];
    int[] weights = module.weights();
    for (int k = 0; k < answers.length; k++) {
      long sum = 0;
      for (int j = 0; j < x.length; j++) {
        sum += (long) weights[k * x.length + j] * x[j];
      }
      answers[k] = sum;
    }
    return answers;
  }
}
