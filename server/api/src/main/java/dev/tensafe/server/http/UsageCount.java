package dev.tensafe.server.http;

import dev.tensafe.server.openai.Usage;
import java.util.Arrays;

/**
 * The usage of one answer while its choices run. The choices of a prompt share what one of them
 * computes, so a prompt counts as cached as far as all of its choices found it. Confined to the
 * request's context.
 */
final class UsageCount {
  private final int promptTokens;
  private final int choicesPerPrompt;
  private final int[] cached;
  private int outputTokens;

  /**
   * @param promptTokens of all prompts
   * @param prompts how many there are
   * @param choicesPerPrompt of each prompt; they stand beside each other
   */
  UsageCount(int promptTokens, int prompts, int choicesPerPrompt) {
    this.promptTokens = promptTokens;
    this.choicesPerPrompt = choicesPerPrompt;
    this.cached = new int[prompts];
    Arrays.fill(cached, Integer.MAX_VALUE);
  }

  /** A choice begins, and the cache had so many tokens of its prompt. */
  void scheduled(int choice, int cachedTokens) {
    int prompt = choice / choicesPerPrompt;
    cached[prompt] = Math.min(cached[prompt], cachedTokens);
  }

  /** A choice has ended. */
  void finished(int tokens) {
    outputTokens += tokens;
  }

  Usage usage() {
    int sum = 0;
    for (int tokens : cached) {
      sum += tokens == Integer.MAX_VALUE ? 0 : tokens;
    }
    return new Usage(promptTokens, outputTokens, sum);
  }
}
