package dev.tensafe.runtime.metrics;

/**
 * The trace that an observation belongs to. Of a sampled one, OpenMetrics shows the ids beside the
 * histogram's bucket: an exemplar, which leads from a slow request to its trace.
 */
public interface ExemplarTrace {
  /** No trace. */
  ExemplarTrace NONE =
      new ExemplarTrace() {
        @Override
        public String traceId() {
          return "";
        }

        @Override
        public String spanId() {
          return "";
        }

        @Override
        public boolean sampled() {
          return false;
        }
      };

  /** 32 hexadecimal digits; empty for none. */
  String traceId();

  /** 16 hexadecimal digits; empty for none. */
  String spanId();

  /** Whether the trace can be found anywhere. */
  boolean sampled();
}
