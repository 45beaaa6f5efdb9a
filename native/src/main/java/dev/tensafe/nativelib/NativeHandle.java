package dev.tensafe.nativelib;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * An object that lives outside the heap. It is freed once, when it is closed or, if that was
 * forgotten, when it is collected; a call that is under way in another thread finishes first. Any
 * thread may use or close it.
 */
public abstract class NativeHandle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final State state;
  private final Cleaner.Cleanable cleanable;

  /**
   * @param address what the native side returned, not 0
   * @param free gives it back; must not hold this object
   */
  protected NativeHandle(long address, LongConsumer free) {
    if (address == 0) {
      throw new IllegalArgumentException("address is 0");
    }
    state = new State(address, free);
    cleanable = CLEANER.register(this, state);
  }

  /**
   * Keeps the object alive for the length of a call.
   *
   * @throws IllegalStateException after close
   */
  protected final Lease lease() {
    if (!state.enter()) {
      throw new IllegalStateException(getClass().getSimpleName() + " is closed");
    }
    return new Lease(this);
  }

  public final boolean isClosed() {
    return state.isClosed();
  }

  /** Frees the object, or lets the last running call do so. Closing twice does nothing. */
  @Override
  public final void close() {
    cleanable.clean();
  }

  /** Says which kind it is and nothing of what it holds. */
  @Override
  public final String toString() {
    return getClass().getSimpleName() + (isClosed() ? "[closed]" : "[open]");
  }

  /** The right to use an address until it is closed; for one thread, inside one call. */
  public static final class Lease implements AutoCloseable {
    private final NativeHandle handle;

    private Lease(NativeHandle handle) {
      this.handle = handle;
    }

    public long address() {
      return handle.state.address;
    }

    @Override
    public void close() {
      handle.state.exit();
    }
  }

  /** Users of the address, and whether it is closed: freed when closed and without users. */
  private static final class State implements Runnable {
    private static final long CLOSED = 1L << 62;

    private final long address;
    private final LongConsumer free;
    private final AtomicLong users = new AtomicLong();

    State(long address, LongConsumer free) {
      this.address = address;
      this.free = free;
    }

    boolean enter() {
      long seen = users.get();
      while ((seen & CLOSED) == 0) {
        if (users.compareAndSet(seen, seen + 1)) {
          return true;
        }
        seen = users.get();
      }
      return false;
    }

    void exit() {
      if (users.decrementAndGet() == CLOSED) {
        free.accept(address);
      }
    }

    boolean isClosed() {
      return (users.get() & CLOSED) != 0;
    }

    /** Run once, by the cleaner. */
    @Override
    public void run() {
      if (users.getAndUpdate(seen -> seen | CLOSED) == 0) {
        free.accept(address);
      }
    }
  }
}
