package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.Profile;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CostModel;
import dev.tensafe.nativelib.ckks.PackingPlanner;
import java.util.EnumMap;
import java.util.Map;

/** Tables and planners of the profiles, made when they are first asked for. Thread-safe. */
final class ProfileTools implements AutoCloseable {
  private static final int MEASURE_MILLIS = 200;

  @GuardedBy("this")
  private final Map<Profile, CkksContext> contexts = new EnumMap<>(Profile.class);

  @GuardedBy("this")
  private final Map<Profile, PackingPlanner> planners = new EnumMap<>(Profile.class);

  synchronized CkksContext context(Profile profile) {
    return contexts.computeIfAbsent(profile, p -> CkksContext.open(p.parameters()));
  }

  /** Measures this machine the first time. */
  synchronized PackingPlanner planner(Profile profile) {
    PackingPlanner known = planners.get(profile);
    if (known == null) {
      CostModel costs = CostModel.measure(context(profile), MEASURE_MILLIS);
      known = new PackingPlanner(profile.parameters(), costs);
      planners.put(profile, known);
    }
    return known;
  }

  @Override
  public synchronized void close() {
    contexts.values().forEach(CkksContext::close);
    contexts.clear();
    planners.clear();
  }
}
