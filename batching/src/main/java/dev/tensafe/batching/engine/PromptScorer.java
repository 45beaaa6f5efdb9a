package dev.tensafe.batching.engine;

import dev.tensafe.batching.sample.LogProbabilities;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.model.exec.ForwardResult;
import java.util.List;

/**
 * Log-probabilities of a prompt's tokens, gathered over the steps that run it. The row of a token
 * scores the next one. Confined to the engine.
 */
final class PromptScorer {
  private final SequenceReports reports;
  private final LogProbabilities logProbabilities;

  PromptScorer(int vocabSize, SequenceReports reports) {
    this.reports = reports;
    this.logProbabilities = new LogProbabilities(vocabSize);
  }

  /**
   * Scores what the last rows of a run allow; reports when all is scored.
   *
   * @param end position after the run
   * @param rows logits of the run's last tokens
   */
  void score(Sequence s, int end, ForwardResult result, int firstRow, int rows) {
    if (!s.scoring()) {
      return;
    }
    int top = Math.max(0, s.request.params().topLogprobs());
    for (int i = 0; i < rows; i++) {
      int next = end - rows + i + 1;
      if (next < s.promptLength() && next == s.promptLogprobs.size() + 1) {
        s.promptLogprobs.add(logProbabilities.of(result.row(firstRow + i), s.tokens()[next], top));
      }
    }
    if (!s.scoring()) {
      List<TokenLogprob> scores = List.copyOf(s.promptLogprobs);
      reports.event(s, l -> l.onPromptScored(scores));
    }
  }
}
