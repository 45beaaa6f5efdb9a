package dev.tensafe.batching.engine;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.batching.sample.Sampler;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.model.exec.ForwardResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way from rows of logits to what a listener hears: tokens, text, end. Confined to the engine.
 */
final class OutputPath {
  private final SequenceTable table;
  private final SequenceReports reports;
  private final DraftRunner drafting;
  private final Sampler sampler;
  private final Set<Integer> eosTokens;
  private final int maxSequenceLength;

  OutputPath(
      SequenceTable table,
      SequenceReports reports,
      DraftRunner drafting,
      int vocabSize,
      Set<Integer> eosTokens,
      int maxSequenceLength) {
    this.table = table;
    this.reports = reports;
    this.drafting = drafting;
    this.sampler = new Sampler(vocabSize);
    this.eosTokens = eosTokens;
    this.maxSequenceLength = maxSequenceLength;
  }

  /** What a step gives one sequence. */
  private static final class Pieces {
    final List<Integer> tokens = new ArrayList<>();
    final StringBuilder text = new StringBuilder();
    final List<TokenLogprob> logprobs = new ArrayList<>();
    @Nullable TokenLogprob endToken;
    @Nullable FinishReason end;
  }

  /**
   * Generates a token from the row after a sequence's last one, and then one from each row of a
   * draft for as long as the draft is the token that was drawn before it.
   *
   * @param firstRow index of the last token's row; those of the drafts follow
   * @param drafted drafts that ran
   */
  void next(Sequence s, ForwardResult result, int firstRow, int drafted) {
    if (s.request.params().maxTokens() == 0) {
      reports.finish(s, FinishReason.LENGTH);
      return;
    }
    Pieces pieces = new Pieces();
    try {
      draw(s, result, firstRow, drafted, pieces);
    } finally {
      // what was drawn before an error is heard of, as if each token had had a step of its own
      if (!pieces.tokens.isEmpty()) {
        Output output = new Output(pieces.tokens, pieces.text.toString(), pieces.logprobs);
        reports.event(s, l -> l.onOutput(output));
      }
    }
    FinishReason end = pieces.end;
    if (end != null) {
      TokenLogprob last = pieces.endToken;
      if (last != null) {
        reports.event(s, l -> l.onEndToken(last));
      }
      String stop = s.text.stop();
      if (stop != null) {
        reports.event(s, l -> l.onStopString(stop));
      }
      reports.finish(s, end);
    }
  }

  private void draw(Sequence s, ForwardResult result, int firstRow, int drafted, Pieces pieces) {
    int[] guesses = s.drafts().tokens();
    int right = 0;
    boolean refuted = false;
    while (true) {
      int token = token(s, result, firstRow + right, pieces);
      if (right == drafted) {
        break;
      }
      refuted = token != guesses[right];
      if (refuted) {
        break;
      }
      right++;
      if (pieces.end != null) {
        break;
      }
      s.advance(1);
      table.publish(s);
    }
    if (drafted > 0) {
      drafting.verified(s, drafted, right, refuted);
    }
  }

  private int token(Sequence s, ForwardResult result, int rowIndex, Pieces pieces) {
    SamplingParams params = s.request.params();
    Sampler.Choice choice =
        sampler.sample(
            result.row(rowIndex), s.tokens(), s.count(), s.promptLength(), params, s.mask);
    s.append(choice.token());
    pieces.tokens.add(choice.token());
    boolean ends =
        params.stopTokens().contains(choice.token())
            || (!params.ignoreEos() && eosTokens.contains(choice.token()));
    if (ends) {
      s.text.addEnd();
    } else {
      pieces.text.append(s.text.add(choice.token()));
    }
    boolean stopped = ends || s.text.stopped();
    boolean full = s.outputLength() >= params.maxTokens() || s.count() >= maxSequenceLength;
    if (stopped || full) {
      pieces.text.append(s.text.finish());
      // the flush itself may have completed a stop string
      boolean cut =
          s.text.stopped() && s.request.constraint().map(Constraint::cuttable).orElse(true);
      pieces.end = ends || cut ? FinishReason.STOP : FinishReason.LENGTH;
    }
    TokenLogprob logprob = choice.logprob();
    if (ends) {
      pieces.endToken = logprob;
    } else if (logprob != null) {
      pieces.logprobs.add(logprob);
    }
    return choice.token();
  }
}
