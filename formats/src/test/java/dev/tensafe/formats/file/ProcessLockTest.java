package dev.tensafe.formats.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessLockTest {
  /** Without the set of our own about one round in 170 fails here. */
  private static final int ROUNDS = 300;

  @TempDir Path directory;

  @Test
  void oneHolderAtATimeHasALock() throws Exception {
    Path file = directory.resolve("a.lock");
    ProcessLock first = ProcessLock.tryAcquire(file).orElseThrow();
    assertTrue(ProcessLock.tryAcquire(file).isEmpty());
    assertTrue(ProcessLock.tryAcquire(directory.resolve("./a.lock")).isEmpty());
    first.close();
    try (ProcessLock second = ProcessLock.tryAcquire(file).orElseThrow()) {
      first.close();
      assertTrue(ProcessLock.tryAcquire(file).isEmpty(), second.toString());
    }
  }

  @Test
  void eachOfManyThreadsHasTheLockAlone() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    AtomicInteger inside = new AtomicInteger();
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Path file = directory.resolve(round + ".lock");
        List<Future<Integer>> most = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
          most.add(threads.submit(() -> inside(file, inside)));
        }
        for (Future<Integer> count : most) {
          assertEquals(1, count.get(), "round " + round);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** How many there are under the lock while this thread has it. */
  private static int inside(Path file, AtomicInteger inside) throws IOException {
    try (ProcessLock unusedHeld = ProcessLock.acquire(file)) {
      int count = inside.incrementAndGet();
      Files.write(file.resolveSibling("written"), new byte[10]);
      inside.decrementAndGet();
      return count;
    }
  }

  @Test
  void anotherProcessIsKeptOutAlsoAfterAPartOfThisOneHasTriedInVain() throws Exception {
    Path file = directory.resolve("a.lock");
    try (ProcessLock held = ProcessLock.tryAcquire(file).orElseThrow()) {
      assertTrue(ProcessLock.tryAcquire(file).isEmpty(), held.toString());
      assertEquals("false", acquiredElsewhere(file));
    }
    assertEquals("true", acquiredElsewhere(file));
  }

  private static String acquiredElsewhere(Path file) throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String answer = new String(other.getInputStream().readAllBytes(), UTF_8).strip();
    assertEquals(0, other.waitFor());
    return answer;
  }

  /** Another process: prints whether it has got the lock. */
  static final class Other {
    private Other() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println(ProcessLock.tryAcquire(Path.of(arguments[0])).isPresent());
    }
  }

  @Test
  void whatCannotBeOpenedIsAnErrorAndTakesNothing() throws Exception {
    Path missing = directory.resolve("none").resolve("a.lock");
    assertThrows(IOException.class, () -> ProcessLock.tryAcquire(missing));
    Files.createDirectory(directory.resolve("none"));
    ProcessLock.tryAcquire(missing).orElseThrow().close();
    Files.createDirectory(directory.resolve("b.lock"));
    assertThrows(IOException.class, () -> ProcessLock.tryAcquire(directory.resolve("b.lock")));
    Files.delete(directory.resolve("b.lock"));
    ProcessLock.tryAcquire(directory.resolve("b.lock")).orElseThrow().close();
  }
}
