package dev.tensafe.server.trace;

import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.LoadWatch;
import dev.tensafe.tracing.TraceSpan;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The way of a request's adapter into memory, as a span if it is not there, and in it the
 * verification of the stored package if it is this request that begins the load. Thread-safe.
 */
public final class LoadTrace implements LoadWatch {
  private final RequestTrace trace;
  private final TraceSpan load;
  private @Nullable TraceSpan verify;

  private LoadTrace(RequestTrace trace) {
    this.trace = trace;
    this.load = trace.part("load adapter");
  }

  /** Gets an adapter, and hears of its load. */
  @FunctionalInterface
  public interface Acquiring {
    /** As {@link dev.tensafe.lora.registry.AdapterRegistry#acquire} does. */
    CompletableFuture<AdapterLease> acquire(LoadWatch watch);
  }

  /** Gets an adapter for a request; one that is there makes no span. */
  public static CompletableFuture<AdapterLease> of(RequestTrace trace, Acquiring adapter) {
    if (!trace.recorded()) {
      return adapter.acquire(NONE);
    }
    LoadTrace load = new LoadTrace(trace);
    CompletableFuture<AdapterLease> lease = adapter.acquire(load);
    if (!lease.isDone() || load.heard()) {
      var unusedEnd = lease.whenComplete(load::end);
    }
    return lease;
  }

  private synchronized boolean heard() {
    return verify != null;
  }

  @Override
  public synchronized void verifying(String digest) {
    verify = load.child("verify package", trace.nanos()).set("tensafe.adapter.digest", digest);
  }

  @Override
  public synchronized void verified() {
    if (verify != null) {
      trace.end(verify);
    }
  }

  @Override
  public synchronized void refused(String code) {
    if (verify != null) {
      // nothing, if it has ended: what failed came after it
      verify.fail(code);
      trace.end(verify);
    }
  }

  private synchronized void end(@Nullable AdapterLease got, @Nullable Throwable error) {
    if (got == null) {
      load.fail("adapter_unavailable");
    } else {
      load.set("tensafe.adapter.digest", got.info().digest());
    }
    trace.end(load);
  }
}
