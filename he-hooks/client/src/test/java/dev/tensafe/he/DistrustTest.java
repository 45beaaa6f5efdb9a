package dev.tensafe.he;

import static dev.tensafe.he.wire.FrameType.EVALUATE;
import static dev.tensafe.he.wire.FrameType.EVALUATE_PADDED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.BarredPair;
import dev.tensafe.he.client.KnownInputs;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.Cheating;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
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
        Arguments.of("tag", TamperedAnswers.flip(26), 1L << 28),
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
      Setting.await("the end", () -> last(host.received(0)) == FrameType.CLOSE);
      // the host saw a step like any other, and then the end of a server
      assertEquals(2 * evaluations, evaluations(0));
      List<FrameType> seen = host.received(0);
      int last = Math.max(seen.lastIndexOf(EVALUATE), seen.lastIndexOf(EVALUATE_PADDED));
      assertTrue(seen.lastIndexOf(FrameType.RETIRE) > last, "its lanes are retired");
      Setting.await("the end here", () -> setting.client.connected() == 0);
      assertBarred(setting, reason);
      setting.restartClient();
      assertBarred(setting, reason);
      assertEquals(1, host.connections(), "it is not asked again");
    }
  }

  private static FrameType last(List<FrameType> frames) {
    return frames.get(frames.size() - 1);
  }

  private int evaluations(int connection) {
    return (int)
        host.received(connection).stream()
            .filter(t -> t == EVALUATE || t == EVALUATE_PADDED)
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
      assertEquals(2, tagSetups(1), "the tag is made anew");
      assertEquals(Map.of(), step(setting).failures());
      String audit = Files.readString(state.resolve("he-audit.log"));
      assertTrue(audit.contains("\"who\":\"somebody\""), audit);
    }
  }

  /** Another map than the owner's: one weight of a group's first row is larger by its size. */
  private static void cheat(AdapterHost host, VerifiedPackage verified) {
    Cheating.add(host, verified, new GroupId(0, 0), 5, 8192);
  }

  private Setting.Options options() {
    return Setting.Options.of(Setting.config(Profile.FAST, 1L << 28))
        .state(state)
        .connections(host::wrap);
  }

  @Test
  void aTagOfOtherWeightsThanThePackagesBarsItsHostBeforeAnyRequest() throws Exception {
    Setting.Options options = options().meddling(DistrustTest::cheat);
    try (Setting setting = new Setting(directory, options)) {
      assertBarred(setting, "known_answers");
      assertEquals(0, evaluations(0));
      setting.restartClient();
      assertBarred(setting, "known_answers");
      assertEquals(1, host.connections());
    }
  }

  @Test
  void weightsThatChangeAfterTheTagWasMadeAreFoundOutByTheFirstToken() throws Exception {
    try (Setting setting = new Setting(directory, options())) {
      assertEquals(Map.of(), step(setting).failures());
      setting.serveAnew(DistrustTest::cheat);
      setting.restartClient();
      assertEquals(0, tagSetups(1), "the tag outlives the session");
      Setting.Step step = oneToken(setting);
      assertEquals(1, step.failures().size());
      assertBarred(setting, "tag");
    }
  }

  @Test
  void whoeverAnswersIsHeldToTheMapOfTheTagWhicheverItWas() throws Exception {
    GroupId group = new GroupId(0, 0);
    try (Setting setting = new Setting(directory, options().probes(1))) {
      // another map with the same known answer
      byte[] known = KnownInputs.of(setting.adapter, group, 0);
      Setting.Meddling otherMap =
          (of, verified) -> {
            Cheating.add(of, verified, group, 5, 50 * known[6]);
            Cheating.add(of, verified, group, 6, -50 * known[5]);
          };
      setting.serveAnew(otherMap);
      KnownInputs.forgetTag(state, setting.adapter, setting.adapterHost.publicKey().id());
      setting.restartClient();
      assertEquals(2, tagSetups(1));
      // nothing says that this is not the owner's, and it may be
      assertEquals(Map.of(), step(setting).failures());
      setting.serveAnew((of, verified) -> {});
      setting.restartClient();
      assertEquals(1, oneToken(setting).failures().size());
      assertBarred(setting, "tag");
    }
  }

  @Test
  void aBlockThatWasTamperedWithIsFoundOutByTheFirstTokenThatUsesIt() throws Exception {
    // in the part of one group, as the values of a polynomial: any change of one changes all
    host.arm(FrameType.PREPARED, TamperedAnswers.flip(800 + 30));
    try (Setting setting = new Setting(directory, options())) {
      assertTrue(setting.isReady(), "nothing shows it before");
      // short lanes for one of them, long ones for the other: one of the two blocks it is
      Setting.Step step =
          setting.step(
              setting.inputs(101, random),
              List.of(new Setting.Share(1, 100), new Setting.Share(2, 1)));
      assertEquals(2, step.failures().size());
      assertEquals(1, setting.listener.distrusted.size());
    }
  }

  private Setting.Step oneToken(Setting setting) {
    return setting.step(setting.inputs(1, random), List.of(new Setting.Share(1, 1)));
  }

  private int tagSetups(int connection) {
    return (int) host.received(connection).stream().filter(t -> t == FrameType.TAG_SETUP).count();
  }

  @Test
  void anAddressThatWasBarredUnderAnotherKeyIsNotConnectedTo() throws Exception {
    Path elsewhere = directory.resolve("he.sock");
    BarredHosts.open(state)
        .bar(
            new BarredPair(
                "0".repeat(64),
                "another",
                RecipientKey.generate(new SecureRandom()).publicKey().id(),
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
