package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.shape.ModelConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The native executor beside a file that becomes shorter, and where memory is refused. */
class LostMemoryTest {
  @TempDir private Path dir;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeEach
  void write() throws IOException {
    System.out.println("LostMemoryTest seed " + seed);
    LoadedModel.write(dir, Numbers.MODEL, DType.F32);
  }

  private void cut(long size) throws IOException {
    try (FileChannel file =
        FileChannel.open(dir.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      file.truncate(size);
    }
  }

  private long size() throws IOException {
    return dir.resolve("model.safetensors").toFile().length();
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void aFileCutBeforeItWasReadIsATypedError(Numbers numbers) throws IOException {
    ModelConfig config = ModelConfigReader.read(dir);
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      long size = size();
      for (long left : new long[] {size - 1, size - random.nextInt((int) size / 2), 0}) {
        cut(left);
        CodedException e =
            assertThrows(
                CodedException.class,
                () -> Kind.NATIVE.factory().create(config, checkpoint, numbers.options(1)).close());
        assertEquals("safetensors.truncated", e.code());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void aFileCutAfterItWasReadChangesNothing(Numbers numbers) throws IOException {
    try (LoadedModel model = LoadedModel.open(dir, Kind.NATIVE, numbers.options(1), 4)) {
      Sequence s = Sequence.at(0, 1, random.ints(40, 0, LoadedModel.VOCAB).toArray());
      float[][] want = Sequence.alone(model.executor(), s, List.of());
      cut(0);
      s.moveTo(0);
      Sequence.step(model.executor(), List.of(s), Sequence::left, List.of());
      s.assertBits(want, "without its file");
    }
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void aCacheThatFitsNoMachineIsRefusedAndASmallerOneServes(Numbers numbers) throws IOException {
    try (LoadedModel model = LoadedModel.open(dir, Kind.NATIVE, numbers.options(2), 4)) {
      Sequence s = Sequence.at(0, 1, random.ints(40, 0, LoadedModel.VOCAB).toArray());
      float[][] want = Sequence.alone(model.executor(), s, List.of());
      CodedException e =
          assertThrows(
              CodedException.class, () -> model.executor().allocateCache(Integer.MAX_VALUE));
      assertEquals("decoder.no_memory", e.code());
      // there is no cache now, which is no reason to read or write one
      s.moveTo(0);
      e =
          assertThrows(
              CodedException.class,
              () -> Sequence.step(model.executor(), List.of(s), x -> 1, List.of()));
      assertEquals("decoder.invalid_step", e.code());
      model.executor().allocateCache(4);
      Sequence.step(model.executor(), List.of(s), Sequence::left, List.of());
      s.assertBits(want, "after memory was refused");
    }
  }
}
