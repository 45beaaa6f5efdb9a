package dev.tensafe.tssp.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.fixture.Workplace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path directory;
  private byte[] good = {};

  @BeforeEach
  void pack() throws IOException {
    Workplace place = new Workplace(directory);
    try (PackageFile file = PackageFile.open(place.pack(place.request(Mode.HE)))) {
      good = file.manifestBytes();
    }
  }

  private static TsspException refusal(byte[] bytes) {
    return assertThrows(TsspException.class, () -> ManifestReader.read(bytes));
  }

  @Test
  void writingWhatWasReadGivesTheSameBytes() {
    assertArrayEquals(good, ManifestWriter.write(ManifestReader.read(good)));
  }

  /** pointer = JSON value to put there; nothing for its removal. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/format|\"tssp/v3\"",
        "/format|",
        "/package_id|\"00\"",
        "/package_id|\"0123456789ABCDEF0123456789ABCDEF\"",
        "/name|\"Demo\"",
        "/name|\"../demo\"",
        "/name|\"\"",
        "/name|7",
        "/version|\"3\"",
        "/version|null",
        "/issuer|\"me\"",
        "/created|\"2026-11-21\"",
        "/created|\"2026-13-21T09:00:00Z\"",
        "/created|\"2026-11-21T09:00:00+00:00\"",
        "/expires|17",
        "/expires|null",
        "/base_model|\"any\"",
        "/base_model/weights_sha256|\"none\"",
        "/base_model/more|1",
        "/adapter/rank|0",
        "/adapter/rank|5000",
        "/adapter/alpha|2",
        "/adapter/alpha|\"2.0\"",
        "/adapter/alpha|\"1e3\"",
        "/adapter/alpha|\"NaN\"",
        "/adapter/rslora|1",
        "/adapter/dtype|\"I8\"",
        "/adapter/modules|[]",
        "/adapter/modules/0/name|\"lm_head\"",
        "/adapter/modules/0/name|\"model.layers.0.self_attn.v_proj\"",
        "/mode|\"plain\"",
        "/mode|\"other\"",
        "/parts|[]",
        "/parts/0/name|\"sealed\"",
        "/parts/0/media_type|\"text/plain\"",
        "/parts/0/plaintext/length|5",
        "/parts/0/ciphertext/length|0",
        "/parts/0/ciphertext/sha256|\"00\"",
        "/parts/0/recipients|[]",
        "/parts/0/recipients/0/key_id|\"00\"",
        "/parts/0/recipients/0/wrapped_key|\"AAAA\"",
        "/parts/0/recipients/0/wrapped_key|\"####\"",
        "/parts/0/recipients/0/more|true",
        "/probes|0",
        "/probes|257",
        "/probes|",
        "/license|[]",
        "/annotations|[]",
        "/annotations/note|5",
        "/annotations/bad key|\"x\"",
        "/policy|[]",
        "/policy/max_tokens_total|0",
        "/policy/allowed_tenants|[]",
        "/policy/allowed_tenants|[\"a\",\"a\"]",
        "/policy/requires_attestation|\"yes\"",
        "/policy/speculation|true",
        "/policy/speculation|\"never\"",
        "/policy/speculation|\"ALLOW\"",
        "/surprise|1",
      })
  void everythingOutsideTheSchemaIsRefused(String pointer, String value) throws IOException {
    JsonNode root = MAPPER.readTree(good);
    int slash = pointer.lastIndexOf('/');
    JsonNode parent = root.at(pointer.substring(0, slash));
    assertTrue(parent.isObject(), "the test's pointer");
    ObjectNode object = (ObjectNode) parent;
    String key = pointer.substring(slash + 1);
    if (value == null) {
      object.remove(key);
    } else {
      object.set(key, MAPPER.readTree(value));
    }
    assertEquals(Reason.MANIFEST_INVALID, refusal(CanonicalJson.write(root)).reason());
  }

  @Test
  void unknownConditionsHaveTheirOwnCode() throws IOException {
    ObjectNode root = (ObjectNode) MAPPER.readTree(good);
    ((ObjectNode) root.path("policy")).put("requires_moonlight", true);
    TsspException e = refusal(CanonicalJson.write(root));
    assertEquals(Reason.POLICY_UNKNOWN, e.reason());
    assertTrue(e.description().contains("requires_attestation"), e.description());
  }

  @Test
  void whatAnOwnerSaysOfGuessesIsKept() throws IOException {
    for (GuessPolicy said : GuessPolicy.values()) {
      ObjectNode root = (ObjectNode) MAPPER.readTree(good);
      ((ObjectNode) root.path("policy")).put("speculation", said.label());
      byte[] written = CanonicalJson.write(root);
      Manifest read = ManifestReader.read(written);
      assertEquals(Optional.of(said), read.policy().speculation());
      assertArrayEquals(written, ManifestWriter.write(read));
      assertEquals(
          said == GuessPolicy.FORBID, read.policy().conditions().contains(PolicyField.SPECULATION));
    }
  }

  @Test
  void whoCountsTokensOfAllTogetherIsNotChargedForGuessesUnasked() {
    Policy counted =
        new Policy(List.of(), OptionalLong.empty(), OptionalLong.of(1000), false, false);
    assertTrue(Policy.NONE.allowsGuesses(Mode.HE));
    assertTrue(counted.allowsGuesses(Mode.PLAIN));
    assertFalse(counted.allowsGuesses(Mode.HE));
    assertTrue(said(counted, GuessPolicy.ALLOW).allowsGuesses(Mode.HE));
    assertFalse(said(counted, GuessPolicy.FORBID).allowsGuesses(Mode.PLAIN));
    assertFalse(said(Policy.NONE, GuessPolicy.FORBID).allowsGuesses(Mode.HE));
  }

  private static Policy said(Policy of, GuessPolicy speculation) {
    return new Policy(
        of.allowedTenants(),
        of.maxTokensPerTenantPerDay(),
        of.maxTokensTotal(),
        of.requiresAttestation(),
        of.requiresSeparateAdapterHost(),
        Optional.of(speculation));
  }

  @Test
  void otherSpellingsOfTheSameManifestAreRefused() throws IOException {
    String text = new String(good, UTF_8);
    List<String> spellings = new ArrayList<>();
    spellings.add(" " + text);
    spellings.add(text + "\n");
    spellings.add(text.replace("\"version\":3", "\"version\":3.0"));
    spellings.add(text.replace("\"version\":3", "\"version\":3e0"));
    spellings.add(text.replace("\"version\":3", "\"version\":-3"));
    spellings.add(text.replace("\"version\":3", "\"version\":9007199254740993"));
    spellings.add(text.replace("\"version\":3", "\"version\":3,\"version\":3"));
    spellings.add(text.replace("\"name\":\"demo\"", "\"name\":\"\\u0064emo\""));
    spellings.add(MAPPER.readTree(good).toPrettyString());
    for (String spelling : spellings) {
      assertTrue(!spelling.equals(text));
      assertEquals(Reason.MANIFEST_INVALID, refusal(spelling.getBytes(UTF_8)).reason(), spelling);
    }
  }

  @Test
  void messagesDoNotEchoControlCharacters() throws IOException {
    ObjectNode root = (ObjectNode) MAPPER.readTree(good);
    root.put("\u001b[31mred\r\nline", 1);
    String message = refusal(CanonicalJson.write(root)).description();
    assertTrue(message.chars().allMatch(c -> c >= 0x20 && c < 0x7f), message);
  }
}
