package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.demo.DemoData;
import dev.tensafe.formats.file.NoSpace;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that write files, on a disk that has one page more at each attempt until it is enough.
 * Each attempt that fails says so in one line, and leaves the disk as it was.
 */
class FullDiskTest {
  private static final int PAGE = 4096;

  @TempDir private Path dir;
  private SmallDisk disk;

  @BeforeEach
  void mount() throws IOException {
    disk = SmallDisk.mount(512);
  }

  @AfterEach
  void unmount() throws IOException {
    if (disk != null) {
      disk.close();
    }
  }

  private String at(String name) {
    return disk.directory().resolve(name).toString();
  }

  /** All files but those of locks, which hold nothing. */
  private Map<String, String> files() throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(disk.directory())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = disk.directory().relativize(file).toString();
        if (!name.equals("filler") && !name.endsWith("lock")) {
          all.put(name, HexFormat.of().formatHex(Files.readAllBytes(file)));
        }
      }
    }
    return all;
  }

  private int attempts(String... args) throws IOException {
    for (int pages = 0; ; pages++) {
      disk.fill((long) pages * PAGE);
      Map<String, String> before = files();
      CommandRun run = CommandRun.of(Map.of(), args);
      if (run.exit() == 0) {
        disk.free();
        assertTrue(pages > 0, "it needs no space: " + String.join(" ", args));
        return pages;
      }
      assertEquals(1, run.exit(), run.err());
      assertTrue(run.err().contains("no space left on the disk"), run.err());
      assertEquals(1, run.err().strip().lines().count(), run.err());
      assertEquals("", run.out());
      assertEquals(before, files(), String.join(" ", args));
    }
  }

  @Test
  void keysTrustAndPackages() throws IOException {
    Path base = dir.resolve("base");
    SyntheticModel.write(base, SyntheticModel.llama(16, 16, 2, 2, 1, 300, 64), DType.F32, 1);
    Path peft = dir.resolve("peft");
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      SyntheticAdapter.write(
          peft, BaseProjections.of(checkpoint), List.of("q_proj"), 2, DType.BF16, 1);
    }
    assertTrue(attempts("keygen", "signing", "--out", at("owner"), "--no-passphrase") > 1);
    attempts("keygen", "recipient", "--out", at("host"), "--no-passphrase");
    attempts("trust", "add", "--dir", at("trust"), "--name", "acme", at("owner.pub"));
    String id = HexFormat.of().formatHex(new byte[16]);
    attempts("trust", "revoke", "--dir", at("trust"), "--package", id);
    int pages =
        attempts(
            "pack",
            "--peft",
            peft.toString(),
            "--base",
            base.toString(),
            "--name",
            "bard",
            "--mode",
            "plain",
            "--package-version",
            "1",
            "--signing-key",
            at("owner.key"),
            "--recipient",
            at("host.pub"),
            "--out",
            at("bard.tssp"));
    assertTrue(pages > 1, "pages: " + pages);
    attempts("revoke", "--signing-key", at("owner.key"), "--package", id, "--out", at("r.rev"));
    attempts("trust", "import", "--dir", at("trust"), at("r.rev"));
    attempts("apikey", "add", "--file", at("keys.json"), "--name", "app", "--scope", "infer");
    attempts("apikey", "rotate", "--file", at("keys.json"), "--name", "app");
  }

  @Test
  void dialoguesOfTheDemo() throws IOException {
    disk.fill(PAGE);
    Path train = disk.directory().resolve("train.jsonl");
    Path heldOut = disk.directory().resolve("held-out.jsonl");
    try {
      DemoData.write(DemoData.Part.BASE, train, heldOut, 200, 1);
      throw new AssertionError("a page is not enough");
    } catch (IOException e) {
      assertTrue(NoSpace.causes(e), e.toString());
    }
    assertEquals(Map.of(), files());
  }
}
