package dev.tensafe.server.openai;

import dev.tensafe.batching.sample.TokenLogprob;

/**
 * A scored token and its place in the text that is returned.
 *
 * @param offset of the character its first byte belongs to, in code points
 * @param text as reports show it
 * @param bytes what it adds to the text; empty for a special token
 */
public record PlacedToken(TokenLogprob score, int offset, String text, byte[] bytes) {
  /** The place only: what a model says is secret. */
  @Override
  public String toString() {
    return "PlacedToken[" + offset + "]";
  }
}
