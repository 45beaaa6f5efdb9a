package dev.tensafe.batching.engine;

import dev.tensafe.formats.CodedException;
import java.util.function.LongConsumer;

/**
 * The listener of an output the engine has accepted: lets exactly one end through, and settles the
 * output's affairs before its receiver hears of it. Confined to the engine's thread, or to the
 * thread that ends an engine which never ran.
 */
final class AcceptedOutput extends ForwardingListener {
  private final long id;
  private final LongConsumer onEnd;
  private boolean ended;

  /**
   * @param onEnd told the output's id, once; must not throw
   */
  AcceptedOutput(long id, GenerationListener target, LongConsumer onEnd) {
    super(target);
    this.id = id;
    this.onEnd = onEnd;
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    if (end()) {
      super.onFinish(reason, promptTokens, outputTokens);
    }
  }

  @Override
  public void onFailure(CodedException error) {
    if (end()) {
      super.onFailure(error);
    }
  }

  private boolean end() {
    if (ended) {
      return false;
    }
    ended = true;
    onEnd.accept(id);
    return true;
  }
}
