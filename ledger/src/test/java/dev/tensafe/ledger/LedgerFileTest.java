package dev.tensafe.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of a ledger: those of before, wrong ones, and directories that misbehave. */
class LedgerFileTest {
  private static final String FORMAT = "tensafe-usage/v1";
  private static final LedgerAccount A = LedgerAccount.ofAllTime("a", "");

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void choose() {
    file = directory.resolve("usage.json");
  }

  private TokenLedger open() {
    return TokenLedger.open(file, FORMAT, () -> Instant.parse("2026-11-21T12:00:00Z"));
  }

  private String refusal() {
    return assertThrows(LedgerException.class, this::open).code();
  }

  @Test
  void aFileOfBeforeIsReadAndKeptUnlessItsDayIsOver() throws Exception {
    Files.writeString(
        file,
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"2026-11-19\":{\"d\":{\"t\":7}},"
            + "\"2026-11-21\":{\"d\":{\"t/1~x\":5}},\"all\":{\"d\":{\"\":12,\"user:9\":3}}}}");
    TokenLedger ledger = open();
    LedgerAccount today = LedgerAccount.ofDay(LocalDate.of(2026, 11, 21), "d", "t/1~x");
    assertEquals(5, ledger.used().get(today));
    assertEquals(12, ledger.used().get(LedgerAccount.ofAllTime("d", "")));
    ledger.spend(List.of(new Charge(today, OptionalLong.of(100), 1)));
    ledger.close();
    assertEquals(
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":12,\"user:9\":3}},"
            + "\"2026-11-21\":{\"d\":{\"t/1~x\":6}}}}",
        Files.readString(file));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"format\":\"tensafe-usage/v1\",",
        "[]",
        "{\"used\":{}}",
        "{\"format\":\"tensafe-he-usage/v1\",\"used\":{}}",
        "{\"format\":\"tensafe-usage/v1\"}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":5}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{},\"more\":1}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":7}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":7}}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"someday\":{}}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":-5}}}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":1.5}}}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":\"5\"}}}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":18446744073709551621}}}}",
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":1,\"\":2}}}}"
      })
  void aFileThatCannotBeUnderstoodIsRefusedAndLeftAsItIs(String content) throws Exception {
    Files.writeString(file, content);
    assertEquals("ledger.malformed", refusal());
    assertEquals(content, Files.readString(file));
    Files.delete(file);
    open().close();
  }

  @Test
  void aFileThatCannotBeReadIsNotTakenForAMissingOne() throws Exception {
    Files.createSymbolicLink(file, file.getFileName());
    assertEquals("ledger.storage", refusal());
    Files.delete(file);
    Files.createDirectory(file);
    assertEquals("ledger.storage", refusal());
  }

  @Test
  void oneAtATimeHasTheFile() {
    TokenLedger first = open();
    assertEquals("ledger.in_use", refusal());
    first.close();
    open().close();
  }

  @Test
  void aDirectoryThatIsGoneRefusesUntilItIsThereAgain() throws Exception {
    Path inner = Files.createDirectory(directory.resolve("inner"));
    file = inner.resolve("usage.json");
    TokenLedger ledger = open();
    Files.delete(inner.resolve("usage.json.lock"));
    Files.delete(inner);
    LedgerException e =
        assertThrows(
            LedgerException.class, () -> ledger.reserve(Map.of(A, OptionalLong.of(10)), 1));
    assertEquals("ledger.storage", e.code());
    Files.createDirectory(inner);
    ledger.reserve(Map.of(A, OptionalLong.of(10)), 10).settle(3);
    ledger.close();
    assertEquals(Map.of(A, 3L), open().used());
    file = directory.resolve("missing").resolve("usage.json");
    assertEquals("ledger.storage", refusal());
  }

  @Test
  void whatACrashInAWriteLeftIsRemovedAndNothingElse() throws Exception {
    String random = "-00000000-0000-4000-8000-000000000000.tmp";
    Files.writeString(directory.resolve(".usage.json" + random), "half");
    Files.writeString(directory.resolve(".usage.json-other" + random), "another file's");
    Files.writeString(directory.resolve("usage.json" + random), "no temporary file");
    open().close();
    assertEquals(
        List.of(".usage.json-other" + random, "usage.json" + random, "usage.json.lock"), names());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> names = files.map(f -> f.getFileName().toString()).sorted().toList();
      assertTrue(!names.isEmpty());
      return names;
    }
  }
}
