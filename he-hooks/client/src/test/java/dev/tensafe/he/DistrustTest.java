package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.BarredPair;
import dev.tensafe.he.wire.FrameType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The first answer that cannot be right is the last one of its adapter host. */
class DistrustTest {
  @TempDir Path directory;
  private final TamperedAnswers host = new TamperedAnswers();
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private Path state;

  @BeforeEach
  void start() {
    System.out.println("seed " + seed);
    state = directory.resolve("state");
  }

  private Setting setting(long padBytes) throws Exception {
    return new Setting(
        directory,
        Setting.Options.of(Setting.config(Profile.FAST, padBytes))
            .state(state)
            .connections(host::wrap));
  }

  private Setting.Step step(Setting setting) {
    return setting.step(
        setting.inputs(4, random), List.of(new Setting.Share(1, 3), new Setting.Share(2, 1)));
  }

  static Stream<Arguments> lies() {
    return Stream.of(
        Arguments.of("bounds", TamperedAnswers.flip(48), 1L << 28),
        Arguments.of("malformed", TamperedAnswers.noResidue(), 1L << 28),
        Arguments.of("malformed", TamperedAnswers.flip(0), 0L));
  }

  @ParameterizedTest(name = "{0}, pads {2}")
  @MethodSource("lies")
  void oneBitIsLearntAtTheEndOfTheStepAndDistrustStays(
      String reason, TamperedAnswers.Change lie, long padBytes) throws Exception {
    try (Setting setting = setting(padBytes)) {
      assertEquals(Map.of(), step(setting).failures());
      int evaluations = evaluations(0);
      host.arm(lie);
      Setting.Step step = step(setting);
      // every request of the adapter fails, and nobody says why
      assertEquals(2, step.failures().size());
      step.failures()
          .values()
          .forEach(e -> assertTrue(e.getMessage().contains("its adapter host failed")));
      assertEquals(List.of("he.answer"), setting.listener.failures);
      assertEquals(List.of(reason), setting.listener.distrusted);
      Setting.await(
          "the end", () -> host.received(0).get(host.received(0).size() - 1) == FrameType.CLOSE);
      // the host saw a step like any other, and then the end of a server
      assertEquals(2 * evaluations, evaluations(0));
      List<FrameType> seen = host.received(0);
      assertEquals(
          List.of(FrameType.RETIRE, FrameType.CLOSE), seen.subList(seen.size() - 2, seen.size()));
      assertEquals(0, setting.client.connected());
      assertBarred(setting, reason);
      setting.restartClient();
      assertBarred(setting, reason);
      assertEquals(1, host.connections(), "it is not asked again");
    }
  }

  private int evaluations(int connection) {
    return (int)
        host.received(connection).stream()
            .filter(t -> t == FrameType.EVALUATE || t == FrameType.EVALUATE_PADDED)
            .count();
  }

  private void assertBarred(Setting setting, String reason) {
    List<BarredPair> barred = BarredHosts.open(state).list();
    assertEquals(1, barred.size());
    assertEquals(setting.adapter.digest(), barred.get(0).digest());
    assertEquals(setting.adapterHost.publicKey().id(), barred.get(0).host());
    assertEquals(setting.address.toString(), barred.get(0).address());
    assertEquals(reason, barred.get(0).reason().code());
    Setting.await("the problem", () -> setting.problem().contains("barred"));
    assertFalse(setting.isReady());
    assertEquals(2, step(setting).failures().size());
  }

  @Test
  void anOperatorsTrustBringsItBack() throws Exception {
    try (Setting setting = setting(1L << 28)) {
      host.arm(TamperedAnswers.flip(48));
      step(setting);
      assertBarred(setting, "bounds");
      // what the command of the operator does, in another process
      List<BarredPair> let =
          BarredHosts.open(state)
              .reenable(
                  setting.adapter.digest(), Optional.empty(), "somebody", InstantSource.system());
      assertEquals(1, let.size());
      Setting.await("a session", setting::isReady);
      assertEquals(2, host.connections());
      assertEquals(Map.of(), step(setting).failures());
      String audit = Files.readString(state.resolve("he-audit.log"));
      assertTrue(audit.contains("\"who\":\"somebody\""), audit);
    }
  }

  @Test
  void anAddressThatWasBarredUnderAnotherKeyIsNotConnectedTo() throws Exception {
    Path elsewhere = directory.resolve("he.sock");
    BarredHosts.open(state)
        .bar(
            new BarredPair(
                "0".repeat(64),
                "another",
                dev.tensafe.tssp.keys.RecipientKey.generate(new java.security.SecureRandom())
                    .publicKey()
                    .id(),
                "unix:" + elsewhere,
                InstantSource.system().instant(),
                BarredHosts.Reason.TAG));
    Setting.Options options =
        Setting.Options.of(Setting.config(Profile.FAST, 0)).state(state).connections(host::wrap);
    try (Setting setting = new Setting(directory, options.connected(false))) {
      Setting.await("the problem", () -> setting.problem().contains("barred"));
      assertEquals(0, host.connections());
    }
  }
}
