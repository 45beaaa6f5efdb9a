package dev.tensafe.tssp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageRewriter;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.SmallCheckpoint;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.Passphrase;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.ScryptCost;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.trust.Revocation;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The committed vectors are what this code makes of its seeds, byte for byte. Written anew with
 * {@code -Dtensafe.vectors.write=src/test/resources/vectors}.
 */
class VectorsTest {
  private static final Path COMMITTED = Path.of("src/test/resources/vectors");

  @TempDir Path directory;
  private final SigningKey reviewer = SigningKey.generate(new SeededRandom(20));
  private final Map<String, byte[]> files = new TreeMap<>();
  private Workplace place;

  @BeforeEach
  void make() throws IOException {
    place = new Workplace(directory.resolve("place"));
    place.trust(reviewer.publicKey(), "reviewer", List.of(), Set.of(Role.REVIEWER), 0);
    for (Path input : List.of(place.base, place.peft)) {
      for (String name :
          List.of(
              "config.json",
              "adapter_config.json",
              "model.safetensors",
              "adapter_model.safetensors")) {
        Path file = input.resolve(name);
        if (Files.exists(file)) {
          files.put(
              (input.equals(place.base) ? "base/" : "peft/") + name, Files.readAllBytes(file));
        }
      }
    }
    makeKeys();
    makePackages();
    files.put(
        "revocation.rev",
        Revocation.sign(
            place.owner,
            Workplace.NOW,
            Set.of("00112233445566778899aabbccddeeff"),
            false,
            new SeededRandom(21)));
    files.put("expected.json", expected());
  }

  private void makeKeys() throws IOException {
    Path keys = Files.createDirectory(directory.resolve("keys"));
    SeededRandom random = new SeededRandom(22);
    ScryptCost cost = new ScryptCost(14, 8, 1);
    PrivateKeyFile.write(keys.resolve("owner"), place.owner, null, cost, random);
    PrivateKeyFile.write(keys.resolve("reviewer"), reviewer, null, cost, random);
    PrivateKeyFile.write(keys.resolve("model-host"), place.modelHost, null, cost, random);
    PrivateKeyFile.write(keys.resolve("adapter-host"), place.adapterHost, null, cost, random);
    try (Passphrase passphrase = Passphrase.of("correct horse".toCharArray())) {
      PrivateKeyFile.write(keys.resolve("protected"), place.modelHost, passphrase, cost, random);
    }
    try (Stream<Path> list = Files.list(keys)) {
      for (Path file : list.toList()) {
        files.put("keys/" + file.getFileName(), Files.readAllBytes(file));
      }
    }
  }

  private void makePackages() throws IOException {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    for (Mode mode : Mode.SERVED) {
      place.pack(place.request(mode), place.owner, packages.resolve(mode.label() + ".tssp"), 1);
    }
    new SmallCheckpoint(25, 1).pack(place, place.owner, packages.resolve("checkpoint.tssp"), 1);
    try (PackageFile he = PackageFile.open(packages.resolve("he.tssp"));
        PackageFile plain = PackageFile.open(packages.resolve("plain.tssp"))) {
      PackageRewriter.withhold(
          he, EnumSet.of(PartKind.SEALED), packages.resolve("he-withheld.tssp"));
      PackageRewriter.countersign(
          plain, reviewer, packages.resolve("plain-reviewed.tssp"), new SeededRandom(23));
    }
    try (Stream<Path> list = Files.list(packages)) {
      for (Path file : list.toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    byte[] good = get("plain.tssp");
    int manifestEnd = 12 + ByteBuffer.wrap(good).getInt(8);
    bad("magic", b -> set(b, 4, 1));
    bad("manifest-bit", b -> set(b, 200, b[200] ^ 1));
    bad("signature-bit", b -> set(b, manifestEnd + 30, b[manifestEnd + 30] ^ 1));
    bad("part-bit", b -> set(b, b.length - 1, b[b.length - 1] ^ 1));
    bad("trailing", b -> Arrays.copyOf(b, b.length + 1));
    bad("truncated", b -> Arrays.copyOf(b, b.length - 1));
    Path stranger = directory.resolve("stranger.tssp");
    place.pack(place.request(Mode.PLAIN), SigningKey.generate(new SeededRandom(24)), stranger, 2);
    files.put("bad/stranger.tssp", Files.readAllBytes(stranger));
  }

  private byte[] get(String name) {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new AssertionError("no " + name);
    }
    return bytes;
  }

  private void bad(String name, UnaryOperator<byte[]> change) {
    files.put("bad/" + name + ".tssp", change.apply(get("plain.tssp").clone()));
  }

  private static byte[] set(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    return bytes;
  }

  private TsspException refusal(Path file) {
    return assertThrows(TsspException.class, () -> place.verify(file));
  }

  /** Digests of the good ones, codes of the bad ones. */
  private byte[] expected() throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("verified_at", Workplace.NOW.toString());
    ObjectNode packages = root.putObject("packages");
    ObjectNode refused = root.putObject("refused");
    for (Map.Entry<String, byte[]> entry : files.entrySet()) {
      if (!entry.getKey().endsWith(".tssp")) {
        continue;
      }
      Path file = directory.resolve("one.tssp");
      Files.write(file, entry.getValue());
      if (entry.getKey().startsWith("bad/")) {
        refused.put(entry.getKey(), refusal(file).code());
        continue;
      }
      VerifiedPackage verified = place.verify(file);
      ObjectNode node = packages.putObject(entry.getKey());
      node.put("digest", verified.digest());
      ObjectNode parts = node.putObject("plaintext_sha256");
      for (PartKind kind : verified.manifest().mode().parts()) {
        if (verified.has(kind)) {
          RecipientKey key = kind == PartKind.SEALED ? place.adapterHost : place.modelHost;
          byte[] plaintext = verified.open(kind, key, (in, n) -> in.readAllBytes());
          parts.put(kind.label(), HexFormat.of().formatHex(Digests.sha256(plaintext)));
        }
      }
    }
    return (root.toPrettyString() + "\n").getBytes(UTF_8);
  }

  @Test
  void committedVectorsAreReproduced() throws IOException {
    String write = System.getProperty("tensafe.vectors.write");
    if (write != null) {
      for (Map.Entry<String, byte[]> entry : files.entrySet()) {
        Path file = Path.of(write).resolve(entry.getKey());
        Files.createDirectories(file.getParent());
        Files.write(file, entry.getValue());
      }
    }
    try (Stream<Path> walk = Files.walk(COMMITTED)) {
      List<String> committed =
          walk.filter(Files::isRegularFile)
              .map(f -> COMMITTED.relativize(f).toString())
              .sorted()
              .toList();
      assertEquals(List.copyOf(files.keySet()), committed);
      for (String name : committed) {
        byte[] bytes = Files.readAllBytes(COMMITTED.resolve(name));
        assertEquals(-1, Arrays.mismatch(bytes, get(name)), name);
      }
    }
  }

  @Test
  void everyRefusalHasTheReasonItWasMadeFor() throws IOException {
    JsonNode refused = new ObjectMapper().readTree(get("expected.json")).path("refused");
    assertEquals("tssp.not_a_package", refused.path("bad/magic.tssp").asText());
    assertEquals("tssp.signature_invalid", refused.path("bad/manifest-bit.tssp").asText());
    assertEquals("tssp.digest_mismatch", refused.path("bad/part-bit.tssp").asText());
    assertEquals("tssp.layout", refused.path("bad/trailing.tssp").asText());
    assertEquals("tssp.layout", refused.path("bad/truncated.tssp").asText());
    assertEquals("tssp.issuer_unknown", refused.path("bad/stranger.tssp").asText());
    assertEquals(7, refused.size());
  }

  @Test
  void theProtectedKeyOpensWithItsPassphrase() {
    try (Passphrase passphrase = Passphrase.of("correct horse".toCharArray());
        RecipientKey key =
            PrivateKeyFile.readRecipient(COMMITTED.resolve("keys/protected.key"), passphrase)) {
      assertEquals(place.modelHost.publicKey(), key.publicKey());
    }
  }
}
