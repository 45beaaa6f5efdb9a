package dev.tensafe.nativelib;

/**
 * Which kernels of the native library this process runs. The level is one choice for all of its
 * parts: it names the instructions that kernels may use, and every part takes the best of its sets
 * that needs no others. Fixed for the life of the process.
 */
public final class KernelLevel {
  /**
   * The environment variable that forces a level: {@code scalar}, {@code avx2}, {@code avx512},
   * {@code amx}.
   */
  public static final String VARIABLE = "TENSAFE_NATIVE_KERNELS";

  private KernelLevel() {}

  /**
   * The level's name.
   *
   * @throws NativeException {@code native.unsupported_kernels} if the environment asks for a level
   *     that does not exist or that this processor cannot run
   */
  public static String name() {
    NativeLibrary.ensureLoaded();
    return processLevel();
  }

  /**
   * Loads the library and refuses a level that cannot be, for a process that is to know at its
   * start.
   *
   * @throws NativeException as {@link #name}, and as {@link NativeLibrary#ensureLoaded}
   */
  public static void check() {
    name();
  }

  /**
   * One line that says which level and why, and the set that each part runs. The library logs it
   * when it is loaded.
   *
   * @throws NativeException as {@link #name}
   */
  public static String description() {
    NativeLibrary.ensureLoaded();
    return processDescription();
  }

  /**
   * Says in the log what runs. What cannot run is refused later, with an exception, by everything
   * that would use it.
   */
  static void log(System.Logger log) {
    try {
      log.log(System.Logger.Level.INFO, processDescription());
    } catch (NativeException e) {
      log.log(System.Logger.Level.ERROR, e.description());
    }
  }

  private static native String processLevel();

  private static native String processDescription();
}
