package dev.tensafe.nativelib;

/** Threads that work only while a core would be idle. */
public final class IdlePriority {
  static {
    NativeLibrary.ensureLoaded();
  }

  private IdlePriority() {}

  /**
   * Lets the calling thread run only when no other wants its core (SCHED_IDLE).
   *
   * @return whether the system agreed; if not, the thread goes on as it was
   */
  public static boolean apply() {
    return schedIdle();
  }

  private static native boolean schedIdle();
}
