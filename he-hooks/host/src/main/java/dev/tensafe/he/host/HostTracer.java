package dev.tensafe.he.host;

/**
 * Goes on with the traces of model hosts, where both sides agreed to. Called on the threads of
 * sessions.
 */
public interface HostTracer {
  /** Takes no traces. */
  HostTracer NONE = (traceId, spanId, digest) -> Step.NONE;

  /**
   * Evaluations for a step of the model host begin.
   *
   * @param traceId 32 hexadecimal digits, of the model host's choice
   * @param spanId 16 hexadecimal digits
   * @param digest of the adapter
   */
  Step begin(String traceId, String spanId, String digest);

  /** What is done with one adapter for one step of a model host. Confined to its session. */
  interface Step {
    /** Is not traced. */
    Step NONE =
        new Step() {
          @Override
          public void evaluated(int tokens, long nanos, long bytesIn, long bytesOut) {}

          @Override
          public void refused(String reason) {}

          @Override
          public void end() {}
        };

    /** A message was evaluated. */
    void evaluated(int tokens, long nanos, long bytesIn, long bytesOut);

    /** A message was refused. */
    void refused(String reason);

    /** Nothing more of this step comes. */
    void end();
  }
}
