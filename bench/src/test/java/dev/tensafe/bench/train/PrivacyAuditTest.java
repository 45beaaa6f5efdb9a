package dev.tensafe.bench.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.testkit.Shared;
import org.junit.jupiter.api.Test;

/** An attack that wins clearly against a run without privacy, and not against one with it. */
class PrivacyAuditTest {
  private static final int RUNS = 60;
  private static final double EPSILON = 1;

  @Test
  void anAttackFindsMembersOnlyWithoutPrivacy() {
    try (PrivacyAudit audit =
        new PrivacyAudit(Shared.path("models/stories260K-hf-f32"), 20261128)) {
      PrivacyAudit.Attack open = audit.withoutPrivacy(RUNS);
      assertTrue(open.advantage() > 0.8, () -> "without privacy: " + open);
      PrivacyAudit.Attack closed = audit.withPrivacy(RUNS, EPSILON);
      // what chance adds in so few runs comes on top of the bound
      assertTrue(
          closed.advantage() < closed.bound() + 2 * closed.deviation(), () -> "private: " + closed);
      assertTrue(closed.area() < open.area() - 0.2, () -> open + ", private: " + closed);
    }
  }
}
