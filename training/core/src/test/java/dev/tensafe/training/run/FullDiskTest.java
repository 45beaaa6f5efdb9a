package dev.tensafe.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.file.NoSpace;
import dev.tensafe.formats.safetensors.SafetensorsFile;
import dev.tensafe.testkit.SmallDisk;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.out.AtomicDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run writes, on a disk that is full before it is done. */
class FullDiskTest {
  @TempDir private Path dir;
  private SmallDisk disk;

  @BeforeEach
  void mount() throws IOException {
    disk = SmallDisk.mount(2048);
  }

  @AfterEach
  void unmount() throws IOException {
    if (disk != null) {
      disk.close();
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(f -> !f.equals(directory))
          .map(f -> directory.relativize(f).toString())
          .filter(name -> !name.equals("filler"))
          .sorted()
          .toList();
    }
  }

  @Test
  void directoriesKeepWhatTheyHad() throws IOException {
    Path out = disk.directory().resolve("out");
    AtomicDirectory.create(out, to -> Files.writeString(to.resolve("a"), "old"));
    disk.fill(8192);
    for (int way = 0; way < 2; way++) {
      boolean whole = way == 0;
      AtomicDirectory.Content content =
          to -> {
            Files.writeString(to.resolve("a"), "new");
            Files.write(to.resolve("b"), new byte[20_000]);
          };
      IOException e =
          assertThrows(
              IOException.class,
              () -> {
                if (whole) {
                  AtomicDirectory.create(out, content);
                } else {
                  AtomicDirectory.fill(out, content);
                }
              });
      assertTrue(NoSpace.causes(e), e.toString());
      assertEquals(List.of("out", "out/a"), names(disk.directory()));
      assertEquals("old", Files.readString(out.resolve("a")));
    }
  }

  @Test
  void metricsHaveWholeLinesOnly() throws IOException {
    Path file = disk.directory().resolve("metrics.jsonl");
    MetricsFile metrics = new MetricsFile(file, InstantSource.system());
    disk.fill(4096);
    TrainingException e =
        assertThrows(
            TrainingException.class,
            () -> {
              for (int step = 0; step < 1000; step++) {
                metrics.saved(step);
              }
            });
    assertEquals("train.write", e.code());
    assertTrue(NoSpace.causes(e));
    int before = Files.readAllLines(file).size();
    disk.free();
    metrics.saved(1000);
    List<String> lines = Files.readAllLines(file);
    assertEquals(before + 1, lines.size());
    lines.forEach(line -> assertTrue(line.startsWith("{") && line.endsWith("}"), line));
  }

  /** Ever more space, until the run comes to its end; it goes on where it was each time. */
  @Test
  void aRunGoesOnWhenThereIsSpaceAgain() throws IOException {
    Path data = dir.resolve("data.jsonl");
    Files.writeString(data, "{\"text\": \"the cook paints the red boat.\"}\n".repeat(64));
    Path out = disk.directory().resolve("out");
    Path yaml =
        Files.writeString(
            dir.resolve("run.yaml"),
            "output: "
                + out
                + "\ntrain: "
                + data
                + """

                threads: 1
                what: all
                scratch: {hidden-size: 32, intermediate-size: 48, layers: 2, heads: 4, kv-heads: 2,
                  vocab-size: 300, positions: 64}
                sequence-length: 32
                micro-batch: 4
                steps: 4
                checkpoint-every: 1
                learning-rate: {peak: 1e-2}
                """);
    int failures = 0;
    boolean done = false;
    for (int kib = 4; !done; kib += 60) {
      disk.fill(kib << 10);
      try {
        new TrainingRun(RunConfigReader.read(yaml), new RunListener() {}, () -> false).run();
        done = true;
      } catch (TrainingException e) {
        failures++;
        assertEquals("train.write", e.code(), e.description());
        assertTrue(NoSpace.causes(e), e.toString());
      }
      for (String name : names(disk.directory())) {
        assertTrue(!name.contains(".partial") && !name.contains(".tmp"), name);
        if (name.endsWith(".safetensors")) {
          SafetensorsFile.open(disk.directory().resolve(name)).close();
        }
      }
    }
    assertTrue(failures > 2, "failures: " + failures);
    assertTrue(Files.exists(out.resolve("model.safetensors")));
  }
}
