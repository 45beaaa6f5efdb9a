package dev.tensafe.batching.engine;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.Sampler;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.model.exec.ForwardResult;
import java.util.List;
import java.util.Set;

/**
 * The way from a row of logits to what a listener hears: token, text, end. Confined to the engine.
 */
final class OutputPath {
  private final SequenceTable table;
  private final SequenceReports reports;
  private final Sampler sampler;
  private final Set<Integer> eosTokens;
  private final int maxSequenceLength;

  OutputPath(
      SequenceTable table,
      SequenceReports reports,
      int vocabSize,
      Set<Integer> eosTokens,
      int maxSequenceLength) {
    this.table = table;
    this.reports = reports;
    this.sampler = new Sampler(vocabSize);
    this.eosTokens = eosTokens;
    this.maxSequenceLength = maxSequenceLength;
  }

  /** Generates a token from the row after a sequence's last one. */
  void next(Sequence s, ForwardResult result, int rowIndex) {
    SamplingParams params = s.request.params();
    if (params.maxTokens() == 0) {
      reports.finish(s, FinishReason.LENGTH);
      return;
    }
    output(
        s,
        sampler.sample(
            result.row(rowIndex), s.tokens(), s.count(), s.promptLength(), params, s.mask));
  }

  private void output(Sequence s, Sampler.Choice choice) {
    SamplingParams params = s.request.params();
    s.append(choice.token());
    table.chargeOutput(s, 1);
    boolean ends =
        params.stopTokens().contains(choice.token())
            || (!params.ignoreEos() && eosTokens.contains(choice.token()));
    StringBuilder text = new StringBuilder();
    if (ends) {
      s.text.addEnd();
    } else {
      text.append(s.text.add(choice.token()));
    }
    boolean stopped = ends || s.text.stopped();
    boolean full = s.outputLength() >= params.maxTokens() || s.count() >= maxSequenceLength;
    if (stopped || full) {
      text.append(s.text.finish());
    }
    // the flush itself may have completed a stop string
    boolean stop = ends || s.text.stopped();
    TokenLogprob logprob = choice.logprob();
    List<TokenLogprob> logprobs = logprob == null || ends ? List.of() : List.of(logprob);
    Output output = new Output(List.of(choice.token()), text.toString(), logprobs);
    reports.event(s, l -> l.onOutput(output));
    if (stopped || full) {
      reports.finish(s, stop ? FinishReason.STOP : FinishReason.LENGTH);
    }
  }
}
