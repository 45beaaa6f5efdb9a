package dev.tensafe.batching.cache;

import static java.util.Objects.requireNonNull;

/**
 * How prompts that begin alike are computed once.
 *
 * @param on whether they are
 * @param model names what computes the blocks' content: weights, number formats, implementation
 * @param publicPrompt tokens that prompts may begin with and everybody may know: blocks that lie
 *     wholly within them are shared between all tenants; empty for none
 */
public record PrefixSharing(boolean on, String model, int[] publicPrompt) {
  /** Every prompt is computed. */
  public static final PrefixSharing OFF = new PrefixSharing(false, "", new int[0]);

  public PrefixSharing {
    requireNonNull(model, "model is null");
    publicPrompt = publicPrompt.clone();
  }

  /** Sharing within scopes, and nothing between them. */
  public static PrefixSharing of(String model) {
    return new PrefixSharing(true, model, new int[0]);
  }

  /**
   * The addresses of a prompt's blocks.
   *
   * @param prompt its tokens
   * @param blockSize tokens per block
   */
  public KeyChain chain(CacheScope scope, int[] prompt, int blockSize) {
    int common = 0;
    while (common < prompt.length
        && common < publicPrompt.length
        && prompt[common] == publicPrompt[common]) {
      common++;
    }
    return new KeyChain(scope.publicRoot(model), common / blockSize, scope.root(model), blockSize);
  }
}
