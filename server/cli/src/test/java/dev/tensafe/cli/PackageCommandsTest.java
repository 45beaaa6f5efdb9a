package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of an owner and an operator, from keys to a revoked package. */
class PackageCommandsTest {
  @TempDir Path dir;

  private String ok(String... args) {
    CommandRun result = CommandRun.of(Map.of(), args);
    assertEquals(0, result.exit(), result.err());
    assertEquals("", result.err());
    return result.out();
  }

  private void refused(String code, String... args) {
    CommandRun result = CommandRun.of(Map.of(), args);
    assertEquals(1, result.exit(), result.err());
    assertTrue(result.err().startsWith(code + ":"), result.err());
    assertEquals(1, result.err().strip().lines().count(), "one line: " + result.err());
    assertEquals("", result.out());
  }

  private void usage(String... args) {
    assertEquals(2, CommandRun.of(Map.of(), args).exit(), String.join(" ", args));
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  @BeforeEach
  void makeModelAdapterAndKeys() throws IOException {
    Path base = dir.resolve("base");
    SyntheticModel.write(base, SyntheticModel.llama(16, 16, 2, 2, 1, 300, 64), DType.F32, 1);
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      SyntheticAdapter.write(
          dir.resolve("peft"),
          BaseProjections.of(checkpoint),
          List.of("q_proj", "down_proj"),
          2,
          DType.BF16,
          1);
    }
    Files.writeString(dir.resolve("pass"), "correct horse\n");
    ok("keygen", "signing", "--out", at("owner"), "--passphrase-file", at("pass"));
    ok("keygen", "recipient", "--out", at("host"), "--no-passphrase");
    ok("keygen", "recipient", "--out", at("adapters"), "--no-passphrase");
  }

  /** The command with {@code options} (name, value, …) in place of or after the usual ones. */
  private String[] pack(String... options) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("--peft", at("peft"));
    all.put("--base", at("base"));
    all.put("--name", "bard");
    all.put("--package-version", "2");
    all.put("--signing-key", at("owner.key"));
    all.put("--recipient", at("host.pub"));
    all.put("--out", at("bard.tssp"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    List<String> args = new ArrayList<>(List.of("pack"));
    all.forEach(
        (name, value) -> {
          args.add(name);
          args.add(value);
        });
    return args.toArray(String[]::new);
  }

  private String[] packed(String... options) {
    List<String> all = new ArrayList<>(List.of("--passphrase-file", at("pass")));
    all.addAll(List.of(options));
    return pack(all.toArray(String[]::new));
  }

  private JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  @Test
  void ownerPacksAndOperatorVerifies() throws IOException {
    String[] command =
        packed(
            "--mode",
            "he",
            "--adapter-host-recipient",
            at("adapters.pub"),
            "--expires-days",
            "30",
            "--max-tokens-total",
            "1000",
            "--license",
            "MIT\u001b[31m");
    String[] asJson = Arrays.copyOf(command, command.length + 1);
    asJson[command.length] = "--json";
    JsonNode made = json(ok(asJson));
    String file = at("bard.tssp");
    refused("trust.malformed", "verify", file, "--trust", at("trust"));
    ok(
        "trust",
        "add",
        "--dir",
        at("trust"),
        "--name",
        "acme",
        "--adapter-prefix",
        "ba",
        at("owner.pub"));
    refused(
        "trust.exists", "trust", "add", "--dir", at("trust"), "--name", "acme", at("owner.pub"));
    assertTrue(ok("trust", "list", "--dir", at("trust")).contains("acme"));
    revokedKeysSaySoAndComeBack();

    String text = ok("verify", file, "--trust", at("trust"), "--base", at("base"));
    assertTrue(text.startsWith("verified: signed by acme; base model matches"), text);
    assertFalse(text.contains("\u001b"), "a package's text reaches the terminal unfiltered");
    JsonNode verified = json(ok("verify", file, "--trust", at("trust"), "--json"));
    assertEquals(made.path("digest"), verified.path("digest"));
    assertTrue(verified.path("verified").booleanValue());
    assertFalse(verified.path("base_model_checked").booleanValue());
    assertTrue(ok("inspect", file).startsWith("NOT VERIFIED"));
    assertFalse(json(ok("inspect", file, "--json")).path("verified").booleanValue());

    ok("withhold", file, "--part", "sealed", "--out", at("stored.tssp"));
    ok("verify", at("stored.tssp"), "--trust", at("trust"), "--reader", at("host.pub"));
    refused(
        "tssp.part_missing",
        "verify",
        at("stored.tssp"),
        "--trust",
        at("trust"),
        "--reader",
        at("adapters.pub"));
    refused("tssp.part_unknown", "withhold", file, "--part", "weights", "--out", at("x"));

    String id = made.path("package_id").asText();
    ok(
        "revoke",
        "--signing-key",
        at("owner.key"),
        "--passphrase-file",
        at("pass"),
        "--package",
        id,
        "--out",
        at("s.rev"));
    ok("trust", "import", "--dir", at("trust"), at("s.rev"));
    refused("tssp.package_revoked", "verify", file, "--trust", at("trust"));
    ok(packed("--mode", "plain"));
    ok("verify", file, "--trust", at("trust"), "--base", at("base"));
    ok(
        "trust",
        "revoke",
        "--dir",
        at("trust"),
        "--issuer",
        json(ok("trust", "list", "--dir", at("trust"), "--json")).path(0).path("key_id").asText());
    refused("tssp.issuer_revoked", "verify", file, "--trust", at("trust"));
  }

  private void revokedKeysSaySoAndComeBack() throws IOException {
    String id = json(ok("trust", "list", "--dir", at("trust"), "--json")).at("/0/key_id").asText();
    ok("trust", "revoke", "--dir", at("trust"), "--issuer", id);
    String list = ok("trust", "list", "--dir", at("trust"));
    assertTrue(
        Pattern.compile("REVOKED by the operator '.+' on 20..-..-..T..:..:..Z")
            .matcher(list)
            .find(),
        list);
    ok("trust", "remove", "--dir", at("trust"), "--issuer", id);
    String gone = ok("trust", "list", "--dir", at("trust"));
    assertTrue(gone.startsWith(id + "  not pinned  REVOKED by the operator '"), gone);
    assertTrue(gone.contains("0 keys, 1 revoked keys not pinned, 0 packages revoked"), gone);
    JsonNode stranger = json(ok("trust", "list", "--dir", at("trust"), "--json")).path(0);
    assertEquals(id, stranger.path("key_id").asText());
    assertTrue(stranger.path("revoked").booleanValue());
    assertFalse(stranger.path("pinned").booleanValue());
    refused("trust.unknown_key", "trust", "remove", "--dir", at("trust"), "--issuer", id);
    assertTrue(
        ok("trust", "add", "--dir", at("trust"), "--name", "acme", at("owner.pub"))
            .contains("stays REVOKED"));
    ok("trust", "restore", "--dir", at("trust"), "--issuer", id);
    refused("trust.not_revoked", "trust", "restore", "--dir", at("trust"), "--issuer", id);
    assertFalse(ok("trust", "list", "--dir", at("trust")).contains("REVOKED"));
  }

  @Test
  void wrongInputIsOneLineWithACode() throws IOException {
    refused("key.passphrase_wrong", withPassphrase("wrong"));
    refused("tssp.io", pack("--mode", "plain", "--passphrase-file", at("none")));
    refused("tssp.invalid_request", packed("--mode", "plain", "--name", "Bard"));
    refused("tssp.invalid_request", packed("--mode", "plain", "--expires-days", "0"));
    refused("tssp.invalid_request", packed("--mode", "plain", "--package-version", "-1"));
    refused("peft.missing", packed("--mode", "plain", "--peft", at("base")));
    refused("checkpoint.missing", packed("--mode", "plain", "--base", at("peft")));
    refused("key.malformed", packed("--mode", "plain", "--recipient", at("owner.pub")));
    refused("key.exists", "keygen", "signing", "--out", at("owner"), "--no-passphrase");
    refused("tssp.io", "verify", at("none.tssp"), "--trust", dir.toString());
    refused("tssp.not_a_package", "inspect", at("pass"));
    refused("tssp.not_a_package", "withhold", at("pass"), "--part", "public", "--out", at("x"));
    refused("trust.malformed", "trust", "revoke", "--dir", at("trust"), "--package", "1");
    usage(packed("--mode", "he"));
    usage(packed("--mode", "plain", "--adapter-host-recipient", at("host.pub")));
    usage(packed("--mode", "secret"));
    usage(packed("--mode", "checkpoint"));
    usage("keygen", "signing");
    usage("keygen", "other", "--out", at("k"));
    usage(
        "keygen", "signing", "--out", at("k"), "--no-passphrase", "--passphrase-file", at("pass"));
    usage("trust");
    usage("trust", "revoke", "--dir", at("trust"));
    usage("trust", "revoke", "--dir", at("trust"), "--issuer", "1");
    usage("revoke", "--signing-key", at("owner.key"), "--out", at("x"));
    assertFalse(Files.exists(dir.resolve("bard.tssp")));
    assertFalse(Files.exists(dir.resolve("x")));
  }

  private String[] withPassphrase(String text) throws IOException {
    Files.writeString(dir.resolve("other"), text);
    return pack("--mode", "plain", "--passphrase-file", at("other"));
  }

  /** What is signed is said by flags alone: a variable left in a shell decides nothing. */
  @Test
  void environmentDecidesNothing() {
    Map<String, String> left = Map.of("TENSAFE_PASSPHRASE_FILE", at("pass"), "TENSAFE_MODE", "he");
    CommandRun unsaid = CommandRun.of(left, packed());
    assertEquals(2, unsaid.exit(), unsaid.err());
    assertTrue(unsaid.err().contains("--mode"), unsaid.err());
    CommandRun asked = CommandRun.of(left, pack("--mode", "plain"));
    assertTrue(asked.err().startsWith("key.passphrase_needed:"), asked.err());
  }

  @Test
  void modelDirectoryIsOnlyRead() throws IOException {
    Path base = dir.resolve("base");
    String before = listing(base);
    assertTrue(base.toFile().setWritable(false));
    try {
      ok(packed("--mode", "plain"));
      ok("trust", "add", "--dir", at("trust"), "--name", "acme", at("owner.pub"));
      ok("verify", at("bard.tssp"), "--trust", at("trust"), "--base", base.toString());
    } finally {
      assertTrue(base.toFile().setWritable(true));
    }
    assertEquals(before, listing(base));
  }

  private static String listing(Path directory) throws IOException {
    StringBuilder out = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted().toList()) {
        out.append(file).append(' ').append(Files.getLastModifiedTime(file)).append('\n');
      }
    }
    return out.toString();
  }

  @Test
  void outputGivesNoSecrets() throws IOException {
    CommandRun result = CommandRun.of(Map.of(), packed("--mode", "plain"));
    assertEquals(0, result.exit(), result.err());
    String seed = json(Files.readString(dir.resolve("host.key"))).path("seed").asText();
    assertEquals(44, seed.length());
    for (String text :
        List.of(
            result.out(),
            ok("inspect", at("bard.tssp"), "--json"),
            Files.readString(dir.resolve("host.pub")))) {
      assertFalse(text.contains(seed));
      assertFalse(text.contains("correct horse"));
    }
  }

  @Test
  void aTrainingsCheckpointIsShownAndVerified() throws IOException {
    Path vectors = Path.of("..", "..", "tssp", "src", "test", "resources", "vectors");
    String file = vectors.resolve("checkpoint.tssp").toString();
    String text = ok("inspect", file);
    assertTrue(text.contains("mode        checkpoint\n"), text);
    assertTrue(text.contains("part        checkpoint, "), text);
    ok("keygen", "signing", "--out", at("stranger"), "--no-passphrase");
    ok("trust", "add", "--dir", at("trust"), "--name", "other", at("stranger.pub"));
    refused("tssp.issuer_unknown", "verify", file, "--trust", at("trust"));
    ok(
        "trust",
        "add",
        "--dir",
        at("trainers"),
        "--name",
        "trainer",
        vectors.resolve("keys/owner.pub").toString());
    JsonNode verified = json(ok("verify", file, "--trust", at("trainers"), "--json"));
    assertEquals("checkpoint", verified.path("manifest").path("mode").asText());
  }

  @Test
  void reviewersCountersign() {
    ok(packed("--mode", "plain"));
    ok("keygen", "signing", "--out", at("reviewer"), "--no-passphrase");
    ok(
        "trust",
        "add",
        "--dir",
        at("trust"),
        "--name",
        "acme",
        "--required-reviews",
        "1",
        at("owner.pub"));
    ok(
        "trust",
        "add",
        "--dir",
        at("trust"),
        "--name",
        "rita",
        "--role",
        "reviewer",
        at("reviewer.pub"));
    refused("tssp.review_missing", "verify", at("bard.tssp"), "--trust", at("trust"));
    ok("countersign", at("bard.tssp"), "--signing-key", at("reviewer.key"));
    assertTrue(
        ok("verify", at("bard.tssp"), "--trust", at("trust")).contains("signed by acme, rita"));
  }
}
