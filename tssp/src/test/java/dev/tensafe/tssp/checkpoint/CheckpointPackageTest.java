package dev.tensafe.tssp.checkpoint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.formats.safetensors.SafetensorsWriter.Entry;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.checkpoint.CheckpointHead.LedgerReference;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.SmallCheckpoint;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.verify.BaseModel;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A training's state comes back bit for bit, to whom it is addressed, or not at all. */
class CheckpointPackageTest {
  @TempDir Path directory;
  private Workplace place;
  private SmallCheckpoint small;
  private Path file;
  private Manifest manifest;

  @BeforeEach
  void pack() throws IOException {
    place = new Workplace(directory);
    small = new SmallCheckpoint(5, 1);
    file = directory.resolve("checkpoint.tssp");
    manifest = small.pack(place, place.owner, file, 0);
  }

  private CheckpointHead read(Path path, CheckpointSink sink) {
    try (PackageFile opened = PackageFile.open(path)) {
      VerifiedPackage verified = place.verify(opened, place.hostRequest(), Workplace.NOW);
      return CheckpointReader.read(verified, place.modelHost, sink);
    }
  }

  private static TsspException refused(Reason reason, Executable action) {
    TsspException refusal = assertThrows(TsspException.class, action);
    assertEquals(reason, refusal.reason(), refusal.getMessage());
    return refusal;
  }

  @Test
  void everyBitComesBack() {
    for (int layers : new int[] {1, 40}) {
      long seed = new Random().nextLong();
      System.out.println("seed " + seed);
      SmallCheckpoint written = new SmallCheckpoint(seed, layers);
      written.pack(place, place.owner, file, seed);
      SmallCheckpoint.Received received = written.receiver();
      assertEquals(written.head, read(file, received));
      assertEquals(List.copyOf(written.values.keySet()), List.copyOf(received.values.keySet()));
      received.values.forEach(
          (name, values) -> {
            float[] due = written.values.getOrDefault(name, new float[0]);
            assertEquals(due.length, values.length);
            for (int i = 0; i < due.length; i++) {
              assertEquals(
                  Float.floatToRawIntBits(due[i]), Float.floatToRawIntBits(values[i]), name);
            }
          });
    }
  }

  @Test
  void theManifestSaysWhatItIsAndNothingOfTheTraining() throws IOException {
    assertEquals(Mode.CHECKPOINT, manifest.mode());
    assertEquals("checkpoint", manifest.parts().get(0).name());
    assertEquals(
        "application/vnd.tensafe.tssp.training-checkpoint;v=1",
        manifest.parts().get(0).kind().mediaType());
    assertEquals(2 * (2 * 8 + 12 * 2), manifest.adapter().parameters());
    assertEquals(2, manifest.adapter().modules().size());
    String bytes = Files.readString(file, ISO_8859_1);
    for (String secret : List.of("adamw", "learning_rate", "letters", "gradient", "note")) {
      assertFalse(bytes.contains(secret), secret);
    }
    assertFalse(small.head.toString().contains("Tests"), small.head.toString());
  }

  @Test
  void theHeadAloneCanBeReadAndHasTheLedgerToCompare() {
    VerifiedPackage verified = place.verify(file);
    CheckpointHead head = CheckpointReader.head(verified, place.modelHost);
    assertEquals(small.head, head);
    assertEquals(new LedgerReference("letters", 41, "ab".repeat(32)), head.ledger().orElseThrow());
    // an older one than what the ledger holds now shows
    assertTrue(head.ledger().orElseThrow().sequence() < 42);
  }

  @Test
  void theSameBytesComeOfTheSameRandomNumbers() throws IOException {
    Path again = directory.resolve("again.tssp");
    small.pack(place, place.owner, again, 0);
    assertEquals(-1, Files.mismatch(file, again));
    small.pack(place, place.owner, again, 1);
    assertTrue(Files.mismatch(file, again) >= 0);
  }

  @Test
  void aFlippedBitIsRefusedWhereverItIs() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] good = Files.readAllBytes(file);
    Map<String, Integer> codes = new TreeMap<>();
    for (int at = random.nextInt(7); at < good.length; at += 1 + random.nextInt(13)) {
      byte[] bad = good.clone();
      bad[at] ^= (byte) (1 << random.nextInt(8));
      Path flipped = Files.write(directory.resolve("flipped"), bad);
      SmallCheckpoint.Received received = small.receiver();
      TsspException refusal =
          assertThrows(TsspException.class, () -> read(flipped, received), "byte " + at);
      assertEquals(Map.of(), received.values, "byte " + at);
      codes.merge(refusal.code(), 1, Integer::sum);
    }
    System.out.println(good.length + " bytes, refusals: " + codes);
  }

  @Test
  void foreignSignersReadersAndModelsAreRefused() throws IOException {
    Path foreign = directory.resolve("foreign.tssp");
    small.pack(place, SigningKey.generate(new SeededRandom(77)), foreign, 1);
    refused(Reason.ISSUER_UNKNOWN, () -> read(foreign, small.receiver()));
    VerifiedPackage verified = place.verify(file);
    refused(
        Reason.NOT_A_RECIPIENT,
        () -> CheckpointReader.read(verified, place.adapterHost, small.receiver()));
    Path other = Workplace.writeBase(directory.resolve("other"), 1, 8, 14);
    VerifyRequest onOther =
        new VerifyRequest(
            Optional.of(BaseModel.of(other)),
            place.hostRequest().readers(),
            VerifyRequest.ENFORCEABLE);
    try (PackageFile opened = PackageFile.open(file)) {
      refused(Reason.BASE_MODEL_MISMATCH, () -> place.verify(opened, onOther, Workplace.NOW));
    }
  }

  @Test
  void anAdapterIsNoCheckpointAndACheckpointNoAdapter() {
    VerifiedPackage adapter = place.verify(place.pack(place.request(Mode.PLAIN)));
    refused(
        Reason.PART_UNKNOWN,
        () -> CheckpointReader.read(adapter, place.modelHost, small.receiver()));
    VerifiedPackage checkpoint = place.verify(file);
    refused(
        Reason.PART_UNKNOWN,
        () -> checkpoint.open(PartKind.WEIGHTS, place.modelHost, (in, n) -> in.readAllBytes()));
    refused(Reason.INVALID_REQUEST, () -> place.pack(place.request(Mode.CHECKPOINT)));
  }

  @Test
  void aCheckpointThatIsNotTheOneThatIsDueIsRefused() {
    VerifiedPackage verified = place.verify(file);
    String name = small.shapes.keySet().iterator().next();
    Map<String, List<Long>> shapes = new TreeMap<>(small.shapes);
    shapes.put(name, List.of(8L, 2L));
    due(verified, shapes, "has the shape [2, 8] where [8, 2] is due");
    shapes.remove(name);
    due(verified, shapes, "nothing consumes");
    shapes.putAll(small.shapes);
    shapes.put("momentum", List.of(1L));
    due(verified, shapes, "there is no tensor momentum");
  }

  private void due(VerifiedPackage verified, Map<String, List<Long>> shapes, String problem) {
    CheckpointSink sink =
        new CheckpointSink() {
          @Override
          public Map<String, List<Long>> due(CheckpointHead head) {
            return shapes;
          }

          @Override
          public void accept(String name, float[] values) {
            throw new AssertionError("nothing must be handed on");
          }
        };
    TsspException refusal =
        refused(
            Reason.CONTENT_INVALID, () -> CheckpointReader.read(verified, place.modelHost, sink));
    assertTrue(refusal.getMessage().contains(problem), refusal.getMessage());
  }

  /** A signer may be hostile, too: each of these is well signed and encrypted. */
  @Test
  void hostileContentIsRefusedBeforeAnythingIsHandedOn() throws IOException {
    byte[] head = CheckpointHeadJson.write(small.head);
    content(part(head, document(entry("a", new float[] {1}))), "");
    content(new byte[3], "the head's length does not fit");
    content(new byte[] {-1, -1, -1, -1, 1}, "the head's length does not fit");
    content(Arrays.copyOf(part(head, new byte[0]), head.length), "the head's length does not fit");
    content(part(head, new byte[0]), "safetensors.truncated");
    content(part(head, new byte[] {-1, -1, -1, -1, -1, -1, -1, 127}), "safetensors.");
    byte[] good = document(entry("a", new float[] {1}));
    content(part(head, Arrays.copyOf(good, good.length + 1)), "belong to none");
    content(part(head, Arrays.copyOf(good, good.length - 1)), "safetensors.");
    content(part(head, document(entry("a", new float[] {Float.NaN}))), "NaN");
    content(part(head, document(entry("a", new float[] {Float.NEGATIVE_INFINITY}))), "an infinity");
    content(part(head, document(entry("a b", new float[] {1}))), "name");
    content(part(head, document(entry("ä", new float[] {1}))), "name");
    content(part(head, document()), "1 to 65536 tensors");
    content(
        part(
            head,
            document(new Entry("a", DType.I32, List.of(1L), c -> c.write(ByteBuffer.allocate(4))))),
        "F32");
    content(
        part(head, raw("{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}")), "F32");
    content(
        part(
            head,
            raw(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                    + "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}")),
        "safetensors.invalid_json");
    // A claim of 8 TiB in 60 bytes takes no memory.
    content(
        part(
            head,
            raw(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2199023255552],"
                    + "\"data_offsets\":[0,8796093022208]}}")),
        "safetensors.truncated");
    content(
        part(
            head,
            raw(
                "{\"__metadata__\":{\"a\":\"b\"},\"a\":{\"dtype\":\"F32\",\"shape\":[0],"
                    + "\"data_offsets\":[0,0]}}")),
        "no metadata");
    StringBuilder many = new StringBuilder("{");
    for (int i = 0; i <= CheckpointReader.MAX_TENSORS; i++) {
      many.append(i == 0 ? "" : ",")
          .append("\"a" + i + "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    content(part(head, raw(many + "}")), "1 to 65536 tensors");
  }

  @Test
  void hostileHeadsAreRefused() throws IOException {
    byte[] good = document(entry("a", new float[] {1}));
    String json = new String(CheckpointHeadJson.write(small.head), UTF_8);
    Map<String, String> changes = new TreeMap<>();
    changes.put("\"step\":17", "\"step\":-1");
    changes.put("\"step\":17}", "\"step\":17,\"steps\":17}");
    changes.put("\"dropout\":\"0.05\"", "\"dropout\":\"1.0\"");
    changes.put("\"loss\":\"3.141592653589793\"", "\"loss\":\"NaN\"");
    changes.put("\"floor\":\"0.1\"", "\"floor\":\"1.0E999\"");
    changes.put("\"name\":\"adamw\"", "\"name\":\"\"");
    changes.put("\"rank\":2", "\"rank\":3");
    changes.put("\"alpha\":\"4\"", "\"alpha\":\"5\"");
    changes.put("\"seed\":\"5\"", "\"seed\":\"99999999999999999999\"");
    changes.put("\"seed\":\"5\"}", "\"seed\":\"9223372036854775808\"}");
    changes.put("\"sequence\":41", "\"sequence\":-41");
    changes.put("\"digest\":\"ab", "\"digest\":\"AB");
    changes.put("checkpoint/v1", "checkpoint/v2");
    changes.put("{\"format\"", "{ \"format\"");
    changes.put("\"targets\":[\"q_proj\",\"v_proj\"]", "\"targets\":[]");
    for (Map.Entry<String, String> change : changes.entrySet()) {
      String changed = json.replace(change.getKey(), change.getValue());
      assertFalse(changed.equals(json), change.getKey());
      content(part(changed.getBytes(UTF_8), good), "head");
    }
    byte[] long1 = new byte[(1 << 20) + 1];
    content(part(long1, good), "the head's length does not fit");
  }

  private void content(byte[] plaintext, String problem) throws IOException {
    SmallCheckpoint.Received received = new SmallCheckpoint(1, 1).receiver();
    CheckpointSink sink =
        new CheckpointSink() {
          @Override
          public Map<String, List<Long>> due(CheckpointHead head) {
            return Map.of("a", List.of(1L));
          }

          @Override
          public void accept(String name, float[] values) {
            received.accept(name, values);
          }
        };
    Executable reading =
        () -> {
          try {
            CheckpointHead unusedHead =
                CheckpointReader.read(
                    manifest, new ByteArrayInputStream(plaintext), plaintext.length, sink);
          } catch (FormatException e) {
            throw new TsspException(Reason.CONTENT_INVALID, e.code() + ": " + e.description());
          }
        };
    if (problem.isEmpty()) {
      try {
        reading.execute();
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
      assertEquals(1, received.values.size());
      return;
    }
    TsspException refusal = refused(Reason.CONTENT_INVALID, reading);
    assertTrue(refusal.getMessage().contains(problem), refusal.getMessage());
    assertEquals(Map.of(), received.values);
  }

  private static Entry entry(String name, float[] values) {
    return Entry.ofFloats(name, List.of((long) values.length), values);
  }

  private static byte[] document(Entry... entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(Channels.newChannel(out), Map.of(), List.of(entries));
    return out.toByteArray();
  }

  private static byte[] raw(String header) {
    byte[] json = header.getBytes(UTF_8);
    return ByteBuffer.allocate(8 + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static byte[] part(byte[] head, byte[] tensors) {
    return ByteBuffer.allocate(4 + head.length + tensors.length)
        .putInt(head.length)
        .put(head)
        .put(tensors)
        .array();
  }

  @Test
  void whatWouldBeRefusedIsNotWritten() throws IOException {
    byte[] before = Files.readAllBytes(file);
    CheckpointRequest good = small.request(place);
    unwritten(with(good, List.of()), "1 to 65536 tensors");
    unwritten(with(good, tensor("a", List.of(2L), () -> new float[1])), "has 1 values");
    unwritten(with(good, tensor("a", List.of(1L), () -> new float[] {Float.NaN})), "NaN");
    unwritten(with(good, tensor("a", List.of(0L), () -> new float[0])), "shape [0]");
    unwritten(with(good, tensor("a", List.of(1L << 40), () -> new float[0])), "shape");
    unwritten(with(good, tensor("a\n", List.of(1L), () -> new float[1])), "name");
    CheckpointTensor twice = new CheckpointTensor("a", List.of(1L), () -> new float[1]);
    unwritten(with(good, List.of(twice, twice)), "once");
    unwritten(
        new CheckpointRequest(
            "Not A Name",
            3,
            good.baseModel(),
            good.adapter(),
            good.recipients(),
            Optional.empty(),
            good.head(),
            good.tensors()),
        "name");
    unwritten(
        new CheckpointRequest(
            "demo",
            3,
            good.baseModel(),
            good.adapter(),
            List.of(),
            Optional.empty(),
            good.head(),
            good.tensors()),
        "recipients");
    CheckpointHead odd =
        SmallCheckpoint.head(Optional.of(new LedgerReference("letters", 1, "no digest")), 1);
    unwritten(
        new CheckpointRequest(
            "demo",
            3,
            good.baseModel(),
            good.adapter(),
            good.recipients(),
            Optional.empty(),
            odd,
            good.tensors()),
        "digest");
    assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(file)));
    refused(
        Reason.INVALID_REQUEST,
        () -> CheckpointPacker.describe(SmallCheckpoint.LORA, Map.of("lm_head", List.of(1L))));
  }

  private static List<CheckpointTensor> tensor(
      String name, List<Long> shape, Supplier<float[]> values) {
    return List.of(new CheckpointTensor(name, shape, values));
  }

  private static CheckpointRequest with(CheckpointRequest r, List<CheckpointTensor> tensors) {
    return new CheckpointRequest(
        r.name(),
        r.version(),
        r.baseModel(),
        r.adapter(),
        r.recipients(),
        r.lifetime(),
        r.head(),
        tensors);
  }

  private void unwritten(CheckpointRequest request, String problem) {
    TsspException refusal =
        refused(
            Reason.INVALID_REQUEST,
            () ->
                new CheckpointPacker(Workplace.CLOCK, new SeededRandom(9))
                    .pack(request, place.owner, file));
    assertTrue(refusal.getMessage().contains(problem), refusal.getMessage());
  }
}
