package dev.tensafe.batching.cache;

import org.jspecify.annotations.Nullable;

/**
 * What the cache has of a sequence that waits.
 *
 * @param blocks leading blocks whose content is there
 * @param held how many of them somebody holds, so that one more owner takes nothing from others
 * @param missing key of the block after them, if it is full and may be shared; null otherwise
 * @param maker the running sequence that is about to compute that block; {@link #NOBODY} for none
 */
public record CachedPrefix(int blocks, int held, @Nullable BlockKey missing, long maker) {
  /** No sequence. */
  public static final long NOBODY = -1;

  /** Nothing is there, and nothing will be. */
  public static final CachedPrefix NONE = new CachedPrefix(0, 0, null, NOBODY);
}
