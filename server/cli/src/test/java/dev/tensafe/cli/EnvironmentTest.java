package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A variable of the environment belongs to one command, and a mistyped one to none. */
class EnvironmentTest {
  private static final String SECRET = "tsk-8f3b1c";

  private static void unknown(Map<String, String> environment, String says, String... args) {
    CommandRun run = CommandRun.of(environment, args);
    assertEquals(1, run.exit(), run.err());
    assertTrue(run.err().startsWith("config.environment: "), run.err());
    assertTrue(run.err().contains(says), run.err());
    assertEquals(1, run.err().strip().lines().count(), "one line: " + run.err());
    assertFalse(run.err().contains(SECRET), "a value is printed: " + run.err());
  }

  @Test
  void mistypedVariableIsRefusedWithTheNearestName() {
    unknown(
        Map.of("TENSAFE_MODLE", SECRET), "TENSAFE_MODLE (did you mean TENSAFE_MODEL?)", "serve");
    unknown(
        Map.of("TENSAFE_MAX_MODEL_LENGTH", SECRET),
        "TENSAFE_MAX_MODEL_LENGTH (did you mean TENSAFE_MAX_MODEL_LEN?)",
        "serve");
    unknown(
        Map.of("TENSAFE_NATIVE_KERNEL", "scalar"),
        "TENSAFE_NATIVE_KERNEL (did you mean TENSAFE_NATIVE_KERNELS?)",
        "serve");
    unknown(
        Map.of("TENSAFE_ADAPTER_HOST__LISTN", "unix:/x"),
        "(did you mean TENSAFE_ADAPTER_HOST__LISTEN?)",
        "serve");
    unknown(Map.of("TENSAFE_HELP", "true"), "TENSAFE_HELP", "serve");
  }

  @Test
  void allUnknownVariablesAreNamedAtOnce() {
    unknown(
        Map.of("TENSAFE_PROT", "1", "TENSAFE_NOTHING_OF_THE_KIND", SECRET, "TENSAFE_HOTS", "h"),
        "TENSAFE_HOTS (did you mean TENSAFE_HOST?), TENSAFE_NOTHING_OF_THE_KIND,"
            + " TENSAFE_PROT (did you mean TENSAFE_PORT?)",
        "serve");
  }

  @Test
  void nameOfAVariableReachesTheTerminalWithoutControlCharacters() {
    unknown(Map.of("TENSAFE_\u001b[31m\n", "1"), "TENSAFE_??31m?", "serve");
  }

  @Test
  void adapterHostHasVariablesOfItsOwn() {
    unknown(
        Map.of("TENSAFE_ADAPTER_HOST__TRSUT", "d"),
        "TENSAFE_ADAPTER_HOST__TRSUT (did you mean TENSAFE_ADAPTER_HOST__TRUST?)",
        "adapter-host");
    unknown(
        Map.of("TENSAFE_LISTEN", "unix:/x"),
        "TENSAFE_LISTEN (did you mean TENSAFE_ADAPTER_HOST__LISTEN?)",
        "adapter-host");
    Map<String, String> own =
        Map.of(
            "TENSAFE_ADAPTER_HOST__LISTEN", "unix:none.sock",
            "TENSAFE_ADAPTER_HOST__ADAPTERS", "/none",
            "TENSAFE_ADAPTER_HOST__TRUST", "/",
            "TENSAFE_ADAPTER_HOST__RECIPIENT_KEY", "/none/own.key");
    CommandRun run = CommandRun.of(own, "adapter-host");
    assertEquals(1, run.exit(), run.err());
    assertTrue(run.err().contains("/none/own.key"), run.err());
  }

  @Test
  void variablesOfServeDoNotSatisfyAdapterHost() {
    Map<String, String> ofServe =
        Map.of(
            "TENSAFE_ADAPTERS", "/none",
            "TENSAFE_TRUST", "/none",
            "TENSAFE_RECIPIENT_KEY", "/none/serve.key");
    CommandRun run = CommandRun.of(ofServe, "adapter-host");
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains("--recipient-key"), run.err());
  }

  @Test
  void variablesOfOthersDoNoHarm() {
    Map<String, String> others =
        Map.of(
            "TENSAFE_ADAPTER_HOST__LISTEN", "nonsense",
            "TENSAFE_ADAPTER_HOST__MAX_SESSIONS", "nonsense",
            "TENSAFE_NATIVE_KERNELS", "scalar",
            "TENSAFE_JAVA_OPTS", "-Xmx1g",
            "TENSAFE_SHARED", "/none",
            "TENSAFE_FUZZ_SECONDS", "1",
            "TENSAFE_MODEL", "/none/model",
            "TENSAFEGUARD", "another program's");
    CommandRun run = CommandRun.of(others, "serve");
    assertEquals(1, run.exit(), run.err());
    assertTrue(run.err().startsWith("model.missing: "), run.err());
  }

  @Test
  void commandsThatAreRunByHandReadNoVariable(@TempDir Path dir) throws IOException {
    Path data = Files.writeString(dir.resolve("d.jsonl"), "{}\n");
    Map<String, String> ofServe = Map.of("TENSAFE_MODEL", "/none", "TENSAFE_CONFIG", "/none");
    CommandRun eval = CommandRun.of(ofServe, "eval", "--data", data.toString());
    assertEquals(2, eval.exit(), eval.err());
    assertTrue(eval.err().contains("--model"), eval.err());
    CommandRun train = CommandRun.of(ofServe, "train");
    assertEquals(2, train.exit(), train.err());
    String key = dir.resolve("k").toString();
    Map<String, String> loose = Map.of("TENSAFE_NO_PASSPHRASE", "true", "TENSAFE_DIR", "/none");
    CommandRun keygen = CommandRun.of(loose, "keygen", "signing", "--out", key);
    assertEquals(1, keygen.exit(), "an unprotected key was made");
    assertFalse(Files.exists(Path.of(key + ".key")), "an unprotected key was made");
    CommandRun nested = CommandRun.of(loose, "trust", "list");
    assertEquals(2, nested.exit(), nested.err());
    assertTrue(nested.err().contains("--dir"), nested.err());
  }

  @Test
  void helpIsPrintedWhateverTheEnvironmentHolds() {
    assertEquals(0, CommandRun.of(Map.of("TENSAFE_MODLE", "x"), "serve", "--help").exit());
    assertEquals(0, CommandRun.of(Map.of("TENSAFE_MODLE", "x"), "--help").exit());
    assertEquals(0, CommandRun.of(Map.of("TENSAFE_MODLE", "x"), "version").exit());
  }

  @Test
  void unknownKeysOfAFileAreNamedWithTheNearest(@TempDir Path dir) throws IOException {
    Path yaml = Files.writeString(dir.resolve("c.yaml"), "modell: x\nprot: 1\nzzzzzzzzzz: 2\n");
    CommandRun run = CommandRun.of(Map.of(), "serve", "--config", yaml.toString());
    assertEquals(1, run.exit());
    assertTrue(run.err().startsWith("config.modell: "), run.err());
    assertTrue(
        run.err().contains("modell (did you mean model?), prot (did you mean port?), zzzzzzzzzz"),
        run.err());
  }
}
