package dev.tensafe.tuning.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.tssp.checkpoint.CheckpointHead;
import dev.tensafe.tssp.checkpoint.CheckpointHead.LedgerReference;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Lora;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Rule;
import dev.tensafe.tssp.checkpoint.CheckpointPacker;
import dev.tensafe.tssp.checkpoint.CheckpointSink;
import dev.tensafe.tssp.checkpoint.CheckpointTensor;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The newest checkpoints are there, whole, and only this service's own for this model. */
class CheckpointShelfTest {
  private static final String Q = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

  @TempDir Path directory;
  private Path shelves;
  private BaseModel base;
  private TrustStore trust;
  private Instant now = Instant.parse("2026-11-28T09:00:00Z");
  private final SecureRandom random = new SecureRandom();
  private final SigningKey signer = SigningKey.generate(random);
  private final SigningKey friend = SigningKey.generate(random);
  private final RecipientKey reader = RecipientKey.generate(random);
  private CheckpointShelf shelf;

  @BeforeEach
  void open() throws IOException {
    shelves = directory.resolve("shelf");
    base = base("base", 4);
    TrustDirectory trusted = new TrustDirectory(directory.resolve("trust"));
    for (SigningKey key : List.of(signer, friend)) {
      trusted.add(
          new TrustedKey(
              key == signer ? "service" : "friend",
              key.publicKey(),
              Set.of(Role.ISSUER),
              List.of(),
              Optional.empty(),
              Optional.empty(),
              0));
    }
    trust = TrustStore.open(directory.resolve("trust"));
    shelf = shelf(shelves, "poet", base, signer);
  }

  private BaseModel base(String name, int in) throws IOException {
    Path model = Files.createDirectories(directory.resolve(name));
    Files.writeString(model.resolve("config.json"), "{\"model_type\":\"tiny\"}\n");
    SafetensorsWriter.write(
        model.resolve("model.safetensors"),
        Map.of(),
        List.of(
            SafetensorsWriter.Entry.ofFloats(
                "model.layers.0.self_attn.q_proj.weight",
                List.of(2L, (long) in),
                new float[2 * in])));
    return BaseModel.of(model);
  }

  private CheckpointShelf shelf(Path path, String model, BaseModel on, SigningKey key) {
    InstantSource clock = () -> now;
    return new CheckpointShelf(
        new ShelfConfig(
            path,
            model,
            ShelfConfig.DEFAULT_KEPT,
            "base",
            on,
            key,
            reader,
            List.of(RecipientKey.generate(random).publicKey()),
            trust),
        clock,
        random);
  }

  private static CheckpointShelf.Draft draft(long step, Optional<Duration> lifetime) {
    Lora lora = new Lora(1, new BigDecimal("2"), false, 0, Set.of("q_proj"));
    return new CheckpointShelf.Draft(
        new CheckpointHead(
            step,
            new Rule("adamw", Map.of("learning_rate", 1e-4)),
            new Rule("constant", Map.of()),
            lora,
            Optional.empty(),
            Optional.of(new LedgerReference("letters", step, "0".repeat(64))),
            Map.of("loss", 1.5),
            Map.of("batch_size", "8"),
            Map.of("note", "mine")),
        CheckpointPacker.describe(lora, Map.of(Q, List.of(1L, 4L))),
        List.of(new CheckpointTensor(Q, List.of(1L, 4L), () -> new float[] {step, 1, 2, 3})),
        lifetime);
  }

  private KeptCheckpoint save(String name, long step) {
    return shelf.save(name, draft(step, Optional.empty()), false);
  }

  private static final class Loaded implements CheckpointSink {
    final Map<String, float[]> values = new HashMap<>();

    @Override
    public Map<String, List<Long>> due(CheckpointHead head) {
      return Map.of(Q, List.of(1L, 4L));
    }

    @Override
    public void accept(String name, float[] numbers) {
      values.put(name, numbers);
    }
  }

  private static String refused(Executable action) {
    return assertThrows(CodedException.class, action).code();
  }

  private List<String> names() {
    return shelf.list().stream().map(KeptCheckpoint::name).toList();
  }

  private Path file(String name) throws IOException {
    try (Stream<Path> files = Files.list(shelves)) {
      return files
          .filter(f -> f.toString().endsWith("-" + name + ".tssp"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void theNewestThreeAreKeptAndReadBack() {
    assertEquals(List.of(), names());
    assertEquals("train.checkpoint_unknown", refused(() -> shelf.loadNewest(new Loaded())));
    for (int step = 1; step <= 5; step++) {
      assertEquals(step, save("step-" + step, step).version());
    }
    assertEquals(List.of("step-5", "step-4", "step-3"), names());
    assertTrue(shelf.list().stream().allMatch(k -> k.refusal().isEmpty() && k.bytes() > 5000));
    Loaded loaded = new Loaded();
    CheckpointHead head = shelf.load("step-4", loaded);
    assertEquals(4, head.step());
    assertEquals("8", head.settings().get("batch_size"));
    assertEquals(4, head.ledger().orElseThrow().sequence());
    assertArrayEquals(new float[] {4, 1, 2, 3}, loaded.values.get(Q));
    assertEquals(5, shelf.loadNewest(new Loaded()).step());
    // numbers go on after a restart, also if the newest is gone
    shelf = shelf(shelves, "poet", base, signer);
    assertEquals(6, save("step-6", 6).version());
  }

  @Test
  void aNameIsOverwrittenOnlyWhereItIsAskedFor() {
    save("best", 1);
    save("other", 2);
    assertEquals("train.checkpoint_exists", refused(() -> save("best", 3)));
    assertEquals(1, shelf.load("best", new Loaded()).step());
    shelf.save("best", draft(3, Optional.empty()), true);
    assertEquals(List.of("best", "other"), names());
    assertEquals(3, shelf.load("best", new Loaded()).step());
    shelf.delete("best");
    assertEquals(List.of("other"), names());
    assertEquals("train.checkpoint_unknown", refused(() -> shelf.delete("best")));
    for (String name : List.of("", "../up", ".hidden", "a/b", "a".repeat(129))) {
      assertEquals("train.checkpoint_name", refused(() -> save(name, 1)), name);
    }
  }

  @Test
  void damagedAndForeignOnesAreRefusedAndStay() throws IOException {
    save("first", 1);
    Path damaged = file("first");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length - 1] ^= 1;
    Files.write(damaged, bytes);
    assertEquals("tssp.digest_mismatch", refused(() -> shelf.load("first", new Loaded())));
    // of another model of this service, of another signer that is trusted, of another base model
    CheckpointShelf neighbour = shelf(directory.resolve("n"), "painter", base, signer);
    CheckpointShelf friends = shelf(directory.resolve("f"), "poet", base, friend);
    CheckpointShelf elsewhere =
        shelf(directory.resolve("e"), "poet", base("other-base", 6), signer);
    CheckpointShelf strangers =
        shelf(directory.resolve("s"), "poet", base, SigningKey.generate(random));
    int version = 2;
    for (CheckpointShelf other : List.of(neighbour, friends, elsewhere, strangers)) {
      for (int i = 1; i <= version; i++) {
        other.save("v" + i, draft(i, Optional.empty()), false);
      }
      version++;
    }
    Files.copy(
        directory.resolve("n/000000000002-v2.tssp"), shelves.resolve("000000000002-v2.tssp"));
    Files.copy(
        directory.resolve("f/000000000003-v3.tssp"), shelves.resolve("000000000003-v3.tssp"));
    Files.copy(
        directory.resolve("e/000000000004-v4.tssp"), shelves.resolve("000000000004-v4.tssp"));
    Files.copy(
        directory.resolve("s/000000000005-v5.tssp"), shelves.resolve("000000000005-v5.tssp"));
    Files.writeString(shelves.resolve("000000000006-text.tssp"), "no package");
    Files.writeString(shelves.resolve("notes.tssp"), "not mine");
    assertEquals("train.checkpoint_foreign", refused(() -> shelf.load("v2", new Loaded())));
    assertEquals("train.checkpoint_foreign", refused(() -> shelf.load("v3", new Loaded())));
    assertEquals("tssp.base_model_mismatch", refused(() -> shelf.load("v4", new Loaded())));
    assertEquals("tssp.issuer_unknown", refused(() -> shelf.load("v5", new Loaded())));
    assertEquals("tssp.not_a_package", refused(() -> shelf.load("text", new Loaded())));
    // no older one is taken for the newest
    assertFalse(refused(() -> shelf.loadNewest(new Loaded())).startsWith("train.checkpoint_unk"));
    for (int step = 7; step <= 11; step++) {
      save("step-" + step, step);
    }
    assertEquals(
        List.of("step-11", "step-10", "step-9", "text", "v5", "v4", "v3", "v2", "first"), names());
    assertTrue(Files.exists(shelves.resolve("notes.tssp")));
    assertEquals(
        List.of(
            "tssp.not_a_package",
            "tssp.issuer_unknown",
            "tssp.base_model_mismatch",
            "train.checkpoint_foreign",
            "train.checkpoint_foreign"),
        shelf.list().subList(3, 8).stream().map(k -> k.refusal().orElseThrow().code()).toList());
    shelf.delete("text");
    assertFalse(names().contains("text"));
  }

  /** A file under another name or version is not that checkpoint. */
  @Test
  void renamedOnesAreRefused() throws IOException {
    save("first", 1);
    save("second", 2);
    Files.move(file("first"), shelves.resolve("000000000001-third.tssp"));
    assertEquals("train.checkpoint_foreign", refused(() -> shelf.load("third", new Loaded())));
    Files.move(file("second"), shelves.resolve("000000000009-second.tssp"));
    assertEquals("train.checkpoint_foreign", refused(() -> shelf.load("second", new Loaded())));
  }

  @Test
  void whatIsOverGoesWithTheNextSave() {
    shelf.save("short", draft(1, Optional.of(Duration.ofHours(1))), false);
    now = now.plus(Duration.ofHours(2));
    assertEquals("tssp.expired", refused(() -> shelf.load("short", new Loaded())));
    assertEquals(List.of("short"), names());
    save("next", 2);
    assertEquals(List.of("next"), names());
  }

  @Test
  void aFailedSaveLeavesWhatWasThere() throws IOException {
    save("first", 1);
    CheckpointShelf.Draft bad = draft(2, Optional.empty());
    CheckpointShelf.Draft failing =
        new CheckpointShelf.Draft(
            bad.head(),
            bad.adapter(),
            List.of(new CheckpointTensor(Q, List.of(1L, 4L), () -> new float[] {Float.NaN})),
            Optional.empty());
    assertEquals("tssp.invalid_request", refused(() -> shelf.save("first", failing, true)));
    assertEquals(1, shelf.load("first", new Loaded()).step());
    try (Stream<Path> files = Files.list(shelves)) {
      assertEquals(1, files.count());
    }
    // and so does a crash in the middle of one
    Files.writeString(shelves.resolve(".incoming-1"), "half");
    Files.writeString(shelves.resolve("..incoming-1-2.tmp"), "half");
    shelf = shelf(shelves, "poet", base, signer);
    try (Stream<Path> files = Files.list(shelves)) {
      assertEquals(1, files.count());
    }
  }
}
