package dev.tensafe.tracing.otel;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts recorded spans that no collector took, and says so: a line when an outage begins, one when
 * it is over, and one at the end with all that were lost. Thread-safe.
 */
final class SpanLosses {
  private static final Logger LOG = LoggerFactory.getLogger(SpanLosses.class);

  private final AtomicLong ended = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicBoolean away = new AtomicBoolean();

  /** Counts the spans that go into a processor's queue, whether there is room or not. */
  SpanProcessor counting(SpanProcessor queue) {
    return new Queued(queue);
  }

  /** Counts the spans that a collector takes. */
  SpanExporter counting(SpanExporter exporter) {
    return new Exported(exporter);
  }

  private void exported(boolean well, int spans) {
    if (well) {
      taken.addAndGet(spans);
      if (away.compareAndSet(true, false)) {
        LOG.info("the collector takes spans again");
      }
    } else if (away.compareAndSet(false, true)) {
      LOG.warn("the collector takes no spans; they are dropped until it does");
    }
  }

  /** Nothing more is recorded, and what could be sent has been. */
  void end() {
    long lost = ended.get() - taken.get();
    if (lost > 0) {
      LOG.warn("{} of {} spans were dropped: no collector took them in time", lost, ended.get());
    }
  }

  private final class Queued implements SpanProcessor {
    private final SpanProcessor queue;

    Queued(SpanProcessor queue) {
      this.queue = queue;
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
      queue.onStart(parent, span);
    }

    @Override
    public boolean isStartRequired() {
      return queue.isStartRequired();
    }

    @Override
    public void onEnd(ReadableSpan span) {
      if (span.getSpanContext().isSampled()) {
        ended.incrementAndGet();
      }
      queue.onEnd(span);
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }

    @Override
    public CompletableResultCode shutdown() {
      return queue.shutdown();
    }

    @Override
    public CompletableResultCode forceFlush() {
      return queue.forceFlush();
    }
  }

  private final class Exported implements SpanExporter {
    private final SpanExporter exporter;

    Exported(SpanExporter exporter) {
      this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      int count = spans.size();
      CompletableResultCode result = exporter.export(spans);
      return result.whenComplete(() -> exported(result.isSuccess(), count));
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
