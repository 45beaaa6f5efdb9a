package dev.tensafe.batching.sample;

/**
 * Random numbers that depend on nothing but (seed, position), so that equal logits give equal
 * tokens whatever else is in the batch and however often a sequence was recomputed. The mixer is
 * SplitMix64's (Steele, Lea, Flood, OOPSLA 2014).
 */
final class RandomStream {
  private RandomStream() {}

  /** A double in [0, 1). */
  static double uniform(long seed, int position) {
    long z = mix(mix(seed + 0x9e3779b97f4a7c15L) + (position + 1) * 0xd1342543de82ef95L);
    return (z >>> 11) * 0x1.0p-53;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
