package dev.tensafe.nativelib;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The shared library that lies in this module's jar. It is copied to a file that only this user may
 * read, loaded from there, and the file is deleted at once: a mapped library needs its name no
 * more.
 */
public final class NativeLibrary {
  private static final System.Logger LOG = System.getLogger(NativeLibrary.class.getName());
  private static final String FILE = "libtensafe_native.so";

  private NativeLibrary() {}

  /** Loads the library on the first call; every later one does nothing. */
  private static final class Holder {
    static final boolean LOADED =
        load(System.getProperty("os.name"), System.getProperty("os.arch"));

    static {
      KernelLevel.log(LOG);
    }
  }

  /**
   * Makes the native methods callable.
   *
   * @throws NativeException {@code native.unsupported_platform} where the jar has no library for
   *     this system, {@code native.load_failed} where it has one that cannot be loaded
   */
  public static void ensureLoaded() {
    try {
      if (!Holder.LOADED) {
        throw new AssertionError("load() returns true or throws");
      }
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof NativeException known) {
        throw known;
      }
      throw e;
    } catch (NoClassDefFoundError e) {
      throw new NativeException(
          "native.load_failed",
          "the native library could not be loaded earlier in this process",
          e);
    }
  }

  /** Where in the jar the library for a system lies. */
  static String resource(String system, String architecture) {
    return system.toLowerCase(Locale.ROOT) + "-" + architecture + "/" + FILE;
  }

  static boolean load(String system, String architecture) {
    String resource = resource(system, architecture);
    try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new NativeException(
            "native.unsupported_platform",
            "this build has no native library for "
                + system
                + " on "
                + architecture
                + "; it was built on another system, and only Linux is supported");
      }
      Path directory = Files.createTempDirectory("tensafe-native");
      Path file = directory.resolve(FILE);
      try {
        Files.copy(in, file);
        System.load(file.toString());
      } finally {
        Files.deleteIfExists(file);
        Files.deleteIfExists(directory);
      }
      return true;
    } catch (IOException | UnsatisfiedLinkError e) {
      throw new NativeException(
          "native.load_failed",
          "the native library cannot be loaded from "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
