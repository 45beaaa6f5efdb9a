package dev.tensafe.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A disk of its own, small enough to be full. Where this process may not mount one, the test that
 * asks for it is skipped, with the reason on standard output.
 */
public final class SmallDisk implements AutoCloseable {
  private final Path directory;

  private SmallDisk(Path directory) {
    this.directory = directory;
  }

  /**
   * Mounts one.
   *
   * @param kib its size
   */
  public static SmallDisk mount(int kib) throws IOException {
    Path directory = Files.createTempDirectory("tensafe-small-disk-");
    boolean mounted =
        run(List.of("mount", "-t", "tmpfs", "-o", "size=" + kib + "k", "tmpfs", "" + directory));
    if (!mounted) {
      Files.delete(directory);
      System.out.println("SKIPPED: tests on a full disk; this user may not mount a tmpfs");
    }
    assumeTrue(mounted, "this user may not mount a tmpfs");
    return new SmallDisk(directory);
  }

  /** Where it is mounted. */
  public Path directory() {
    return directory;
  }

  /**
   * Takes space until so much is left; it is given back by {@link #free}.
   *
   * @param bytes rounded down to pages
   */
  public void fill(long bytes) throws IOException {
    free();
    long take = Files.getFileStore(directory).getUsableSpace() - bytes;
    try (OutputStream out = Files.newOutputStream(filler())) {
      out.write(new byte[(int) Math.max(0, take)]);
    }
  }

  /** Gives back what {@link #fill} took. */
  public void free() throws IOException {
    Files.deleteIfExists(filler());
  }

  private Path filler() {
    return directory.resolve("filler");
  }

  @Override
  public void close() throws IOException {
    run(List.of("umount", "-l", directory.toString()));
    Files.deleteIfExists(directory);
  }

  private static boolean run(List<String> command) throws IOException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (IOException e) {
      // no such command
      return false;
    }
  }
}
