package dev.tensafe.he.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The rules of a session and its lanes hold under every order of events, and each of them is
 * needed: without it the checker finds how an invariant breaks. docs/HE-PROTOCOL.md, "State
 * machines".
 */
class SessionModelTest {
  private static final Set<Rule> ALL_KEPT = Set.of();

  private static World world(int requests, int crashes, int cancels, int preemptions, int cheats) {
    World world = new World();
    world.set(World.CRASHES, crashes).set(World.CANCELS, cancels);
    world.set(World.PREEMPTIONS, preemptions).set(World.CHEATS, cheats);
    for (int r = requests + 1; r <= World.REQUESTS; r++) {
      world.set(World.request(r, World.STATE), Client.ENDED);
    }
    return world;
  }

  private static List<Party> hosts(Set<Rule> broken) {
    return List.of(new Client(broken), new Host(broken));
  }

  private static void assertHolds(Checker checker, World start, int statesAtLeast) {
    Checker.Result result = checker.check(start);
    assertNull(result.finding());
    System.out.println(result.states() + " states");
    assertTrue(result.states() >= statesAtLeast, result.states() + " states");
  }

  @Test
  void everyOrderOfTwoCrashesAndTwoCancelsKeepsTheInvariants() {
    assertHolds(new Checker(hosts(ALL_KEPT), true), world(2, 2, 2, 0, 0), 200_000);
  }

  @Test
  void everyOrderOfACancelAPreemptionAndACheatKeepsTheInvariants() {
    assertHolds(new Checker(hosts(ALL_KEPT), true), world(2, 0, 1, 1, 1), 200_000);
  }

  @Test
  void whateverTheHostSendsTheClientKeepsItsInvariants() {
    List<Party> parties = List.of(new Client(ALL_KEPT), new ChaoticHost());
    assertHolds(new Checker(parties, false), world(2, 0, 1, 0, 0), 150_000);
  }

  @Test
  void whateverTheClientSendsTheHostKeepsItsInvariants() {
    List<Party> parties = List.of(new ChaoticClient(2, 2, 1, 2, 3), new Host(ALL_KEPT));
    assertHolds(new Checker(parties, false), world(0, 1, 0, 0, 0), 100_000);
  }

  @Tag("long")
  @Test
  void everyOrderOfAllEventsKeepsTheInvariants() {
    assertHolds(new Checker(hosts(ALL_KEPT), true), world(2, 2, 2, 1, 1), 1_500_000);
    assertHolds(new Checker(hosts(ALL_KEPT), true), world(3, 0, 0, 1, 1), 400_000);
    List<Party> chaoticHost = List.of(new Client(ALL_KEPT), new ChaoticHost());
    assertHolds(new Checker(chaoticHost, false), world(2, 1, 1, 1, 0), 500_000);
    List<Party> chaoticClient = List.of(new ChaoticClient(2, 2, 1, 2, 3), new Host(ALL_KEPT));
    assertHolds(new Checker(chaoticClient, false), world(0, 2, 0, 0, 1), 400_000);
  }

  @ParameterizedTest
  @CsvSource({
    "LANE_SERVES_ONE_REQUEST, ONE_REQUEST_PER_LANE",
    "ONE_LANE_PER_REQUEST, ONE_REQUEST_PER_LANE",
    "PREEMPTED_LOSES_LANE, INPUT_POSITION_ONCE",
    "USE_AFTER_CHOICE, LANE_SETTLED_BEFORE_USE",
    "SHOWN_IS_WIPED, SHOWN_LANE_UNUSED",
    "LANE_NUMBERS_ASCEND, LANE_NUMBER_UNIQUE",
    "MASK_IDS_ASCEND, INPUT_POSITION_ONCE",
    "BLOCK_HAS_ROOM, BLOCK_LANES_BOUNDED",
    "SESSION_ENDS_WITH_CONNECTION, INPUT_POSITION_ONCE",
    "ENDS_ONCE, REQUEST_ENDS_ONCE",
    "LOSS_ENDS_STEP, REQUESTS_CAN_END",
    "BAR_SURVIVES, CAUGHT_HOST_IS_LEFT_ALONE",
    "BAR_BEFORE_CLOSE, CAUGHT_HOST_IS_LEFT_ALONE",
    "BARRED_IS_LEFT_ALONE, CAUGHT_HOST_IS_LEFT_ALONE",
  })
  void withoutARuleOfTheClientAnInvariantBreaks(Rule rule, Invariant invariant) {
    boolean completion = invariant == Invariant.REQUESTS_CAN_END;
    World start = completion ? world(1, 1, 0, 0, 0) : world(2, 1, 1, 1, 1);
    assertFound(rule, invariant, new Checker(hosts(Set.of(rule)), completion), start);
  }

  @ParameterizedTest
  @CsvSource({
    "HOST_POSITIONS_ASCEND, NOISE_POSITION_ONCE",
    "HOST_NUMBERS_ASCEND, LANE_NUMBER_UNIQUE",
    "HOST_WANTS_PROOF, ANSWERS_PROVEN_LANES_ONLY",
    "HOST_REFUSES_SHOWN, ANSWERS_PROVEN_LANES_ONLY",
    "HOST_COUNTS_LANES, BLOCK_LANES_BOUNDED",
    "HOST_BINDS_ONCE, NOISE_POSITION_ONCE",
    "HOST_BAR_SURVIVES, CAUGHT_CLIENT_IS_REFUSED",
  })
  void withoutARuleOfTheHostAnInvariantBreaks(Rule rule, Invariant invariant) {
    List<Party> parties = List.of(chaoticClient(rule), new Host(Set.of(rule)));
    assertFound(rule, invariant, new Checker(parties, false), world(0, 1, 0, 0, 0));
  }

  private static Party chaoticClient(Rule rule) {
    return rule == Rule.HOST_COUNTS_LANES
        ? new ChaoticClient(3, 1, 2, 4, 6) // one more than a block serves
        : new ChaoticClient(2, 2, 1, 2, 3);
  }

  private static void assertFound(Rule rule, Invariant invariant, Checker checker, World start) {
    Checker.Result result = checker.check(start);
    assertNotNull(result.finding(), "nothing breaks without " + rule);
    System.out.println(
        rule + ": " + invariant + " after " + result.finding().trace().size() + " actions");
    assertEquals(invariant, result.finding().invariant(), result.finding()::toString);
  }

  @Test
  void everyRuleIsLeftOutInATest() {
    assertEquals(21, Rule.values().length, "a rule was added: leave it out in a test as well");
  }
}
