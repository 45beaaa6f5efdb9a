package dev.tensafe.lora.registry;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to use one version of an adapter: its weights stay in memory until the lease is closed,
 * whatever happens to the name. Thread-safe.
 */
public final class AdapterLease implements AutoCloseable {
  private final long handle;
  private final AdapterInfo info;
  private final Runnable release;
  private final AtomicBoolean open = new AtomicBoolean(true);

  AdapterLease(long handle, AdapterInfo info, Runnable release) {
    this.handle = handle;
    this.info = info;
    this.release = release;
  }

  /** The handle for sequences; never used again for another adapter or version. */
  public long handle() {
    return handle;
  }

  public AdapterInfo info() {
    return info;
  }

  /** Gives it back; a second time does nothing. */
  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      release.run();
    }
  }
}
