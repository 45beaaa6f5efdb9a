package dev.tensafe.nativelib;

/** Threads that stand back when others want their core, but are never without a share of it. */
public final class LowPriority {
  static {
    NativeLibrary.ensureLoaded();
  }

  private LowPriority() {}

  /**
   * Raises the calling thread's nice value by ten, to a tenth of the share of an ordinary thread.
   *
   * @return whether the system agreed; if not, the thread goes on as it was
   */
  public static boolean apply() {
    return lower();
  }

  private static native boolean lower();
}
