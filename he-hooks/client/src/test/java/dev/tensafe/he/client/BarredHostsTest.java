package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.Json;
import dev.tensafe.he.HeException;
import dev.tensafe.nativelib.ckks.GroupTag;
import dev.tensafe.tssp.keys.KeyId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Distrust is on disk until an operator ends it, which leaves a trace. */
class BarredHostsTest {
  private static final Instant NOW = Instant.parse("2026-11-26T17:00:00Z");
  private static final KeyId KEY = new KeyId("a".repeat(64));
  private static final KeyId OTHER_KEY = new KeyId("b".repeat(64));
  private static final String DIGEST = "1".repeat(64);

  @TempDir Path directory;

  private static BarredPair pair(String digest, KeyId host) {
    return new BarredPair(digest, "billing", host, "unix:/h", NOW, BarredHosts.Reason.TAG);
  }

  @Test
  void whatIsBarredIsBarredForEveryProcessAndAfterARestart() {
    Path state = directory.resolve("not/there/yet");
    BarredHosts first = BarredHosts.open(state);
    assertEquals(List.of(), first.list());
    first.bar(pair(DIGEST, KEY));
    first.bar(pair(DIGEST, KEY));
    first.bar(pair(DIGEST, OTHER_KEY));
    BarredHosts second = BarredHosts.open(state);
    assertEquals(List.of(pair(DIGEST, KEY), pair(DIGEST, OTHER_KEY)), second.list());
    assertTrue(second.withKey(KEY).isPresent());
    assertTrue(second.at("unix:/h").isPresent());
    assertTrue(second.at("unix:/other").isEmpty());
    assertFalse(second.refresh(), "nothing has changed");
  }

  @Test
  void whoListensHearsOfEachPairOnceWhoeverBarsIt() {
    BarredHosts server = BarredHosts.open(directory);
    List<BarredPair> heard = new ArrayList<>();
    server.onBarred(heard::add);
    server.bar(pair(DIGEST, KEY));
    server.bar(pair(DIGEST, KEY));
    assertFalse(server.refresh());
    BarredHosts.open(directory).bar(pair(DIGEST, OTHER_KEY));
    assertTrue(server.refresh());
    assertEquals(List.of(pair(DIGEST, KEY), pair(DIGEST, OTHER_KEY)), heard);
  }

  @Test
  void trustComesBackByPairAndIsNoticedAndAudited() throws Exception {
    BarredHosts server = BarredHosts.open(directory);
    server.bar(pair(DIGEST, KEY));
    server.bar(pair(DIGEST, OTHER_KEY));
    TagBook tags = new TagBook(directory);
    AdapterTag tag = new AdapterTag(new long[GroupTag.CHECKS][2], new long[GroupTag.CHECKS][3]);
    tags.put(DIGEST, KEY, tag);
    tags.put(DIGEST, OTHER_KEY, tag);

    BarredHosts operator = BarredHosts.open(directory);
    assertEquals(List.of(), operator.reenable("2".repeat(64), Optional.empty(), "ann", () -> NOW));
    assertEquals(
        List.of(pair(DIGEST, KEY)),
        operator.reenable(DIGEST, Optional.of(KEY), "ann", () -> NOW.plusSeconds(60)));

    assertTrue(server.refresh());
    assertEquals(List.of(pair(DIGEST, OTHER_KEY)), server.list());
    assertTrue(tags.find(DIGEST, KEY).isEmpty(), "the tag is made anew");
    assertTrue(tags.find(DIGEST, OTHER_KEY).isPresent());
    List<String> audit = Files.readAllLines(directory.resolve(AuditLog.NAME));
    assertEquals(1, audit.size());
    JsonNode line = Json.parseObject(audit.get(0).getBytes(StandardCharsets.UTF_8), "line", "x");
    assertEquals("2026-11-26T17:01:00Z", line.get("time").textValue());
    assertEquals("reenable", line.get("action").textValue());
    assertEquals("ann", line.get("who").textValue());
    assertEquals(KEY.hex(), line.get("pair").get("host").textValue());
    assertEquals("tag", line.get("pair").get("reason").textValue());

    // as a crash may leave it
    Files.writeString(
        directory.resolve(AuditLog.NAME), "{\"time\":\"2026", StandardOpenOption.APPEND);
    operator.reenable(DIGEST, Optional.empty(), "ann", () -> NOW);
    assertTrue(server.refresh());
    assertEquals(List.of(), server.list());
    assertEquals(2, Files.readAllLines(directory.resolve(AuditLog.NAME)).size());
  }

  @Test
  void aFileThatCannotBeReadIsAnErrorAndChangesNothing() throws Exception {
    BarredHosts server = BarredHosts.open(directory);
    server.bar(pair(DIGEST, KEY));
    Path file = directory.resolve(BarredFile.NAME);
    for (String content :
        List.of(
            "",
            "{}",
            "{\"format\": \"tensafe-barred-hosts/v2\", \"barred\": []}",
            Files.readString(file).replace("\"tag\"", "\"other\""))) {
      Files.writeString(file, content);
      HeException e = assertThrows(HeException.class, () -> BarredHosts.open(directory));
      assertEquals("he.storage", e.code());
      assertFalse(server.refresh());
      assertEquals(1, server.list().size());
    }
  }

  @Test
  void whereItCannotBeWrittenItIsBarredForTheLifeOfTheProcess() throws Exception {
    Path noDirectory = directory.resolve("file");
    BarredHosts server = BarredHosts.open(noDirectory);
    Files.writeString(noDirectory, "");
    server.bar(pair(DIGEST, KEY));
    assertTrue(server.withKey(KEY).isPresent());
    server.refresh();
    assertTrue(server.withKey(KEY).isPresent());
  }

  @Test
  void inMemoryItEndsWithTheProcess() {
    BarredHosts server = BarredHosts.inMemory();
    server.bar(pair(DIGEST, KEY));
    assertEquals(1, server.list().size());
    assertFalse(server.refresh());
    assertEquals(1, server.reenable(DIGEST, Optional.empty(), "ann", () -> NOW).size());
    assertEquals(List.of(), server.list());
  }
}
