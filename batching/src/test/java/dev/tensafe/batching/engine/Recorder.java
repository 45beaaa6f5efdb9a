package dev.tensafe.batching.engine;

import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Keeps what one output's listener hears, and counts its ends. Thread-safe. */
class Recorder implements GenerationListener {
  final CountDownLatch ended = new CountDownLatch(1);
  private final List<String> ends = new ArrayList<>();
  private int outputs;
  private List<TokenLogprob> scores = List.of();

  @Override
  public synchronized void onPromptScored(List<TokenLogprob> logprobs) {
    scores = logprobs;
  }

  @Override
  public synchronized void onOutput(Output output) {
    outputs += output.count();
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    end(reason.name());
  }

  @Override
  public void onFailure(CodedException error) {
    end(error.code());
  }

  private synchronized void end(String how) {
    ends.add(how);
    ended.countDown();
  }

  /** How it ended; one entry, whatever happened. */
  synchronized List<String> ends() {
    return List.copyOf(ends);
  }

  synchronized int outputs() {
    return outputs;
  }

  synchronized List<TokenLogprob> scores() {
    return scores;
  }
}
