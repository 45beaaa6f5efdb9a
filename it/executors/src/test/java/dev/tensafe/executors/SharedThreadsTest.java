package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two models on the same compute threads. */
class SharedThreadsTest {
  @TempDir private static Path dir;

  private final ExecutorOptions options = new ExecutorOptions(ExecutorOptions.Format.F32, 3);
  private final int[] tokens = new Random(4).ints(40, 0, LoadedModel.VOCAB).toArray();

  @BeforeAll
  static void write() throws IOException {
    LoadedModel.write(dir, Numbers.MODEL, DType.F32);
  }

  private static ModelExecutor beside(LoadedModel model, ExecutorOptions options) {
    ModelExecutor made =
        new NativeExecutorFactory()
            .createBeside(model.executor(), model.config(), model.checkpoint(), options);
    made.allocateCache(4);
    return made;
  }

  /** Threads with the name of this one, which those that it starts natively have. */
  private static long threads() throws IOException {
    String own = name(Path.of("/proc/thread-self"));
    try (var tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.filter(task -> name(task).equals(own)).count();
    }
  }

  private static String name(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }

  @Test
  void theSecondModelStartsNoThreads() throws IOException {
    try (LoadedModel model = LoadedModel.open(dir, Kind.NATIVE, options, 4)) {
      long before = threads();
      try (ModelExecutor second = beside(model, options)) {
        assertEquals(before, threads());
        assertTrue(before >= options.threads(), before + " threads");
        assertEquals(model.executor().bytesPerBlock(), second.bytesPerBlock());
      }
    }
  }

  @Test
  void bothGiveTheirBitsInTurnFromTwoThreadsAndWhenTheFirstIsClosed() throws Exception {
    try (LoadedModel model = LoadedModel.open(dir, Kind.NATIVE, options, 4);
        ModelExecutor second = beside(model, options)) {
      float[][] want = alone(model.executor());
      CountDownLatch together = new CountDownLatch(2);
      AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
      Thread other =
          new Thread(
              () -> {
                try {
                  together.countDown();
                  together.await();
                  for (int i = 0; i < 50; i++) {
                    assertArrayEquals(want, alone(second));
                  }
                } catch (Throwable e) {
                  failed.set(e);
                }
              });
      other.start();
      together.countDown();
      together.await();
      for (int i = 0; i < 50; i++) {
        assertArrayEquals(want, alone(model.executor()));
      }
      other.join();
      assertEquals(null, failed.get());
      model.close();
      assertArrayEquals(want, alone(second));
    }
  }

  private float[][] alone(ModelExecutor executor) {
    return Sequence.alone(executor, Sequence.at(0, 1, tokens), List.of());
  }
}
