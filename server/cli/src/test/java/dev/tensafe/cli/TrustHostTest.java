package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.BarredPair;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's command over the adapter hosts that a server has barred. */
class TrustHostTest {
  private static final String BARD = "ab".repeat(32);
  private static final String COOK = "cd".repeat(32);
  private static final KeyId FIRST = new KeyId("01".repeat(32));
  private static final KeyId SECOND = new KeyId("02".repeat(32));

  @TempDir Path directory;
  private Path state;

  @BeforeEach
  void barThree() {
    state = directory.resolve("he-state");
    BarredHosts hosts = BarredHosts.open(state);
    hosts.bar(pair(BARD, "bard", FIRST, BarredHosts.Reason.TAG));
    hosts.bar(pair(BARD, "bard", SECOND, BarredHosts.Reason.BOUNDS));
    hosts.bar(pair(COOK, "cook", FIRST, BarredHosts.Reason.MALFORMED));
  }

  private static BarredPair pair(String digest, String name, KeyId host, BarredHosts.Reason why) {
    Instant time = Instant.parse("2026-11-26T10:00:00Z");
    return new BarredPair(digest, name, host, "unix:/run/he.sock", time, why);
  }

  private CommandRun run(String... args) {
    String[] all = new String[args.length + 3];
    all[0] = "adapter";
    all[1] = "trust-host";
    all[2] = "--state-dir=" + state;
    System.arraycopy(args, 0, all, 3, args.length);
    return CommandRun.of(Map.of("TENSAFE_STATE_DIR", "/none"), all);
  }

  private List<BarredPair> barred() {
    return BarredHosts.open(state).list();
  }

  @Test
  void listShowsPairsAsReenableTakesThem() throws IOException {
    CommandRun list = run("--list");
    assertEquals(0, list.exit(), list.err());
    List<String> lines = list.out().lines().toList();
    assertEquals(4, lines.size(), list.out());
    assertEquals(
        BARD + ":" + FIRST.hex() + "  bard  unix:/run/he.sock  2026-11-26T10:00:00Z  tag",
        lines.get(0));
    assertEquals("3 barred", lines.get(3));
    JsonNode json = new ObjectMapper().readTree(run("--list", "--json").out());
    assertEquals(3, json.size());
    assertEquals(SECOND.hex(), json.get(1).path("host").asText());
    assertEquals("bounds", json.get(1).path("reason").asText());
    assertFalse(Files.exists(state.resolve("he-audit.log")), "looking is no decision");
  }

  @Test
  void onePairIsLetGoAndTheDecisionRecorded() throws IOException {
    CommandRun run = run("--reenable", BARD + ":" + FIRST.hex());
    assertEquals(0, run.exit(), run.err());
    assertTrue(run.out().contains("'bard'") && run.out().contains(FIRST.hex()), run.out());
    assertEquals(2, barred().size());
    List<String> audit = Files.readAllLines(state.resolve("he-audit.log"));
    assertEquals(1, audit.size());
    JsonNode line = new ObjectMapper().readTree(audit.get(0));
    assertEquals("reenable", line.path("action").asText());
    assertEquals(System.getProperty("user.name"), line.path("who").asText());
    assertEquals(BARD, line.at("/pair/digest").asText());
    assertEquals(FIRST.hex(), line.at("/pair/host").asText());
    assertEquals("tag", line.at("/pair/reason").asText());
  }

  @Test
  void aDigestAloneStandsForAllItsHosts() throws IOException {
    assertEquals(0, run("--reenable", BARD).exit());
    assertEquals(List.of(COOK), barred().stream().map(BarredPair::digest).toList());
    assertEquals(2, Files.readAllLines(state.resolve("he-audit.log")).size());
  }

  @Test
  void whatIsNotBarredCannotBeLetGo() {
    for (String pair : new String[] {COOK + ":" + SECOND.hex(), "ef".repeat(32)}) {
      CommandRun run = run("--reenable", pair);
      assertEquals(1, run.exit(), run.err());
      assertTrue(run.err().startsWith("config.reenable: "), run.err());
      assertEquals("", run.out());
    }
    assertEquals(3, barred().size());
    assertFalse(Files.exists(state.resolve("he-audit.log")));
  }

  @Test
  void wrongUsageIsRefused() {
    assertEquals(2, run().exit());
    assertEquals(2, run("--list", "--reenable", BARD).exit());
    assertEquals(2, run("--reenable", "bard").exit());
    assertEquals(2, run("--reenable", BARD + ":x").exit());
    assertEquals(2, CommandRun.of(Map.of(), "adapter").exit());
    assertEquals(2, CommandRun.of(Map.of(), "adapter", "trust-host", "--list").exit());
    assertEquals(3, barred().size());
  }

  @Test
  void directoryOrFileThatCannotBeReadIsAnError() throws IOException {
    CommandRun none =
        CommandRun.of(
            Map.of(), "adapter", "trust-host", "--list", "--state-dir", directory + "/mistyped");
    assertEquals(1, none.exit());
    assertTrue(none.err().startsWith("config.state-dir: "), none.err());
    Files.writeString(state.resolve("barred-hosts.json"), "{}");
    for (String[] args : new String[][] {{"--list"}, {"--reenable", BARD}}) {
      CommandRun damaged = run(args);
      assertEquals(1, damaged.exit());
      assertTrue(damaged.err().startsWith("he.storage: "), damaged.err());
      assertEquals(1, damaged.err().strip().lines().count(), damaged.err());
    }
  }
}
