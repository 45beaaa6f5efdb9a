package dev.tensafe.he.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asked which steps of encrypted adapters are traced. Called on the engine's thread; must return at
 * once and not throw.
 */
public interface HeTracer {
  /** Traces nothing. */
  HeTracer NONE = (digest, requestIds) -> null;

  /**
   * The rows of an adapter in a step are about to be computed.
   *
   * @param digest of the adapter
   * @param requestIds whose rows they are, as the engine knows requests
   * @return null if nobody traces this
   */
  @Nullable Step begin(String digest, List<String> requestIds);

  /** The exchange with an adapter host over one step. Confined to the engine's thread. */
  interface Step {
    /** Trace of the span that the adapter host may go on with, 32 hexadecimal digits. */
    String traceId();

    /** The span, 16 hexadecimal digits. */
    String spanId();

    /** A message and its answer. */
    void exchanged(HeListener.Exchange exchange);

    /** The requests of the adapter in this step failed. */
    void failed(String code);

    /** The step is over. */
    void end();
  }
}
