package dev.tensafe.tssp.content;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.testkit.Shared;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.content.ContentTensor.Role;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes out of a package, against what went in. */
class PartContentTest {
  @TempDir Path directory;
  private Workplace place;

  @BeforeEach
  void start() throws IOException {
    place = new Workplace(directory);
  }

  /** Keeps whole tensors by name. */
  private static final class Collected implements ContentSink {
    final Map<String, ContentTensor> tensors = new LinkedHashMap<>();
    final Map<String, ByteBuffer> bytes = new LinkedHashMap<>();

    @Override
    public void begin(List<ContentTensor> list) {
      for (ContentTensor tensor : list) {
        tensors.put(tensor.info().name(), tensor);
        bytes.put(
            tensor.info().name(),
            ByteBuffer.allocate((int) tensor.info().byteSize()).order(ByteOrder.LITTLE_ENDIAN));
      }
    }

    @Override
    public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {
      ByteBuffer target = bytes.get(tensor.info().name());
      assertEquals(offset, target.position());
      target.put(piece);
    }

    ByteBuffer of(String owner, Role role) {
      String name =
          tensors.values().stream()
              .filter(t -> t.owner().equals(owner) && t.role() == role)
              .findFirst()
              .orElseThrow()
              .info()
              .name();
      ByteBuffer buffer = bytes.get(name).duplicate().order(ByteOrder.LITTLE_ENDIAN);
      assertFalse(buffer.hasRemaining(), name + " is incomplete");
      return buffer.flip().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private static Collected collect(
      VerifiedPackage verified, PartKind kind, RecipientKey key, Path base) {
    Collected collected = new Collected();
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      PartContent.read(verified, kind, key, BaseProjections.of(checkpoint), collected);
    }
    return collected;
  }

  @Test
  void plainTensorsAreThoseOfTheAdapter() {
    checkPlain(place.verify(place.pack(place.request(Mode.PLAIN))), place.peft, place.base);
  }

  private void checkPlain(VerifiedPackage verified, Path peftDirectory, Path base) {
    Collected got = collect(verified, PartKind.WEIGHTS, place.modelHost, base);
    try (Checkpoint checkpoint = Checkpoint.open(base);
        PeftDirectory peft = PeftDirectory.open(peftDirectory, BaseProjections.of(checkpoint))) {
      for (LoraModule module : peft.adapter().modules()) {
        assertArrayEquals(
            peft.values(module.a()),
            FloatElements.decode(module.a().dtype(), got.of(module.name(), Role.LORA_A)));
        assertArrayEquals(
            peft.values(module.b()),
            FloatElements.decode(module.b().dtype(), got.of(module.name(), Role.LORA_B)));
      }
      assertEquals(2 * peft.adapter().modules().size(), got.tensors.size());
    }
  }

  @Test
  void splitPartsMakeTheDeltasAndTheProbesTheirAnswers() {
    checkSplit(place.verify(place.pack(place.request(Mode.HE))), place.peft, place.base);
  }

  /** B'·(A'·x) from the parts as a host reads them, against (alpha/r)·B·(A·x) from the files. */
  private void checkSplit(VerifiedPackage verified, Path peftDirectory, Path base) {
    Collected open = collect(verified, PartKind.PUBLIC, place.modelHost, base);
    Collected sealed = collect(verified, PartKind.SEALED, place.adapterHost, base);
    byte[] probeSeed = open.of("", Role.PROBE_SEED).array();
    int probes = verified.manifest().probes().orElseThrow();
    double worst = 0;
    try (Checkpoint checkpoint = Checkpoint.open(base);
        PeftDirectory peft = PeftDirectory.open(peftDirectory, BaseProjections.of(checkpoint))) {
      assertEquals(peft.adapter().modules().size(), verified.manifest().adapter().modules().size());
      for (LoraModule module : peft.adapter().modules()) {
        String group = LoraTarget.parse(module.name()).group();
        ByteBuffer exponents = open.of(group, Role.COLUMN_EXPONENTS);
        ByteBuffer weights = sealed.of(module.name(), Role.WEIGHTS);
        ByteBuffer scales = open.of(module.name(), Role.ROW_SCALES);
        ByteBuffer basis = open.of(module.name(), Role.BASIS);
        ByteBuffer norms = open.of(module.name(), Role.ROW_NORMS);
        ByteBuffer answers = open.of(module.name(), Role.PROBE_ANSWERS);
        assertEquals(scales, sealed.of(module.name(), Role.ROW_SCALES));
        int rank = scales.limit() / 8;
        byte[] probe = ProbeVectors.vector(probeSeed, group, probes - 1, module.in());
        double[] x = new double[module.in()];
        for (int j = 0; j < x.length; j++) {
          // In units of the activation: what the integers see is x / 2^e.
          x[j] = Math.scalb((double) probe[j], exponents.get(j));
        }
        double[] u = new double[rank];
        for (int k = 0; k < rank; k++) {
          long exact = 0;
          for (int j = 0; j < x.length; j++) {
            exact += (long) weights.getInt(4 * (k * x.length + j)) * probe[j];
          }
          assertEquals(answers.getLong(8 * ((probes - 1) * rank + k)), exact);
          u[k] = exact * scales.getDouble(8 * k);
          double norm = Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
          assertTrue(Math.abs(u[k]) <= norms.getDouble(8 * k) * norm);
        }
        double[] expected = delta(peft, module, x);
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
          double y = 0;
          for (int k = 0; k < rank; k++) {
            y += basis.getFloat(4 * (i * rank + k)) * u[k];
          }
          error += Math.pow(y - expected[i], 2);
          size += expected[i] * expected[i];
        }
        worst = Math.max(worst, Math.sqrt(error / size));
      }
    }
    System.out.printf("%s: delta off by at most %.1e%n", verified.manifest().name(), worst);
    assertTrue(worst < 1e-3, "off by " + worst);
  }

  private static double[] delta(PeftDirectory peft, LoraModule module, double[] x) {
    double[] a = peft.values(module.a());
    double[] b = peft.values(module.b());
    double[] y = new double[module.out()];
    for (int k = 0; k < module.rank(); k++) {
      double inner = 0;
      for (int j = 0; j < x.length; j++) {
        inner += a[k * x.length + j] * x[j];
      }
      for (int i = 0; i < y.length; i++) {
        y[i] += module.scaling() * b[i * module.rank() + k] * inner;
      }
    }
    return y;
  }

  /** Adapters that PEFT wrote, in both modes. */
  @Test
  void realAdaptersComeBackInBothModes() throws IOException {
    Path base = Shared.path("models/stories260K-hf-f32");
    Path copy = directory.resolve("stories");
    Files.createDirectory(copy);
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(base.resolve(name), copy.resolve(name));
    }
    try (Stream<Path> adapters = Files.list(Shared.path("adapters"))) {
      for (Path peft : adapters.sorted().toList()) {
        for (Mode mode : Mode.SERVED) {
          Path file = directory.resolve(peft.getFileName() + "." + mode.label() + ".tssp");
          Manifest manifest =
              place.pack(
                  place.request(
                      mode,
                      peft,
                      copy,
                      PackRequest.Binding.WEIGHTS,
                      peft.getFileName().toString(),
                      1,
                      Policy.NONE,
                      List.of(place.modelHost.publicKey())),
                  place.owner,
                  file,
                  1);
          assertEquals(peft.getFileName().toString(), manifest.name());
          VerifiedPackage verified =
              place.verify(PackageFile.open(file), VerifyRequest.anyModel(), Workplace.NOW);
          if (mode == Mode.PLAIN) {
            checkPlain(verified, peft, copy);
          } else {
            checkSplit(verified, peft, copy);
          }
        }
      }
    }
  }

  /** A signed package is refused all the same when its content is not what its manifest says. */
  @Test
  void contentThatContradictsTheManifestIsRefused() throws IOException {
    VerifiedPackage plain = place.verify(place.pack(place.request(Mode.PLAIN)));
    VerifiedPackage he = place.verify(place.pack(place.request(Mode.HE)));
    byte[] weights = plain.open(PartKind.WEIGHTS, place.modelHost, (in, n) -> in.readAllBytes());
    byte[] open = he.open(PartKind.PUBLIC, place.modelHost, (in, n) -> in.readAllBytes());
    byte[] sealed = he.open(PartKind.SEALED, place.adapterHost, (in, n) -> in.readAllBytes());
    read(plain, PartKind.WEIGHTS, weights);
    read(he, PartKind.PUBLIC, open);
    read(he, PartKind.SEALED, sealed);

    // One part for another.
    refused(he, PartKind.PUBLIC, sealed);
    refused(he, PartKind.SEALED, open);
    refused(plain, PartKind.WEIGHTS, sealed);
    // Names, types and shapes, changed to others of the same length in the header.
    refused(
        plain, PartKind.WEIGHTS, replaced(weights, "layers.0.self_attn.q", "layers.1.self_attn.q"));
    refused(plain, PartKind.WEIGHTS, replaced(weights, "\"r\" : 2", "\"r\" : 1"));
    refused(plain, PartKind.WEIGHTS, replaced(weights, "\"lora_alpha\" : 4", "\"lora_alpha\" : 5"));
    refused(
        plain,
        PartKind.WEIGHTS,
        replaced(weights, "\"use_rslora\" : false", "\"use_rslora\" :  true"));
    refused(plain, PartKind.WEIGHTS, replaced(weights, "\"F32\"", "\"I32\""));
    refused(he, PartKind.PUBLIC, replaced(open, "probe_seed", "probe_sead"));
    refused(he, PartKind.PUBLIC, replaced(open, "q_proj.basis", "q_proj.basic"));
    refused(he, PartKind.PUBLIC, replaced(open, "[12,2]", "[2,12]"));
    refused(he, PartKind.SEALED, replaced(sealed, "\"I32\"", "\"F32\""));
    // Values.
    byte[] nan = weights.clone();
    ByteBuffer.wrap(nan).order(ByteOrder.LITTLE_ENDIAN).putFloat(nan.length - 4, Float.NaN);
    refused(plain, PartKind.WEIGHTS, nan);
    byte[] exponent = open.clone();
    exponent[exponent.length - 1] = 61; // the exponents are the last tensor
    refused(he, PartKind.PUBLIC, exponent);
    byte[] scale = sealed.clone();
    ByteBuffer.wrap(scale).order(ByteOrder.LITTLE_ENDIAN).putDouble(scale.length - 8, -1);
    refused(he, PartKind.SEALED, scale);
    // Lengths.
    refused(plain, PartKind.WEIGHTS, Arrays.copyOf(weights, 3));
    refused(plain, PartKind.WEIGHTS, Arrays.copyOf(weights, weights.length - 1));
    refused(plain, PartKind.WEIGHTS, Arrays.copyOf(weights, weights.length + 1));
    byte[] prefix = weights.clone();
    prefix[0] = 0x7f;
    refused(plain, PartKind.WEIGHTS, prefix);
  }

  private void refused(VerifiedPackage verified, PartKind kind, byte[] plaintext) {
    assertThrows(FormatException.class, () -> read(verified, kind, plaintext));
  }

  private void read(VerifiedPackage verified, PartKind kind, byte[] plaintext) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(place.base)) {
      PartContent.read(
          verified.manifest(),
          kind,
          new ByteArrayInputStream(plaintext),
          plaintext.length,
          BaseProjections.of(checkpoint),
          new Collected());
    }
  }

  private static byte[] replaced(byte[] bytes, String from, String to) {
    assertEquals(from.length(), to.length());
    String text = new String(bytes, ISO_8859_1);
    assertTrue(text.contains(from), from);
    return text.replace(from, to).getBytes(ISO_8859_1);
  }

  /** The whole way: packed for one base model, opened for another that has other projections. */
  @Test
  void anotherBaseModelsShapesAreRefusedWithATypedError() throws IOException {
    Path other =
        Workplace.writeBase(directory.resolve("other"), 1, Workplace.IN + 1, Workplace.OUT);
    for (Mode mode : Mode.SERVED) {
      VerifiedPackage verified = place.verify(place.pack(place.request(mode)));
      PartKind kind = mode.parts().get(0);
      TsspException e =
          assertThrows(TsspException.class, () -> collect(verified, kind, place.modelHost, other));
      assertEquals(Reason.CONTENT_INVALID, e.reason());
    }
  }
}
