package dev.tensafe.runtime.log;

import org.jspecify.annotations.Nullable;

/**
 * What lines about a request say beside their message: filled while it is learned, by any thread.
 * Lines are about the request whose fields their thread has {@link #enter entered}.
 */
public final class LogFields {
  private static final ThreadLocal<@Nullable LogFields> CURRENT = new ThreadLocal<>();

  private volatile String requestId = "";
  private volatile String traceId = "";
  private volatile String tenant = "";
  private volatile String adapter = "";

  /** To be closed on the thread that entered. */
  public static final class Entered implements AutoCloseable {
    private final @Nullable LogFields before;

    private Entered(@Nullable LogFields before) {
      this.before = before;
    }

    @Override
    public void close() {
      if (before == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(before);
      }
    }
  }

  /** Lines of this thread are about this request, until the result is closed. */
  public Entered enter() {
    Entered entered = new Entered(CURRENT.get());
    CURRENT.set(this);
    return entered;
  }

  /** The fields of this thread's lines; null for none. */
  static @Nullable LogFields current() {
    return CURRENT.get();
  }

  public void requestId(String id) {
    requestId = id;
  }

  public void traceId(String id) {
    traceId = id;
  }

  /** Its name; lines have a hash of it. */
  public void tenant(String name) {
    tenant = name;
  }

  /** The digest of its adapter. */
  public void adapter(String digest) {
    adapter = digest;
  }

  String requestId() {
    return requestId;
  }

  String traceId() {
    return traceId;
  }

  String tenant() {
    return tenant;
  }

  String adapter() {
    return adapter;
  }

  /** Not the tenant. */
  @Override
  public String toString() {
    return "LogFields[" + requestId + "]";
  }
}
