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
  private final Map<Profile, Tools> tools = new EnumMap<>(Profile.class);

  /** The objects of one profile. */
  record Tools(CkksContext context, PackingPlanner planner) {}

  synchronized Tools of(Profile profile) {
    return tools.computeIfAbsent(
        profile,
        p -> {
          CkksContext context = CkksContext.open(p.parameters());
          CostModel costs = CostModel.measure(context, MEASURE_MILLIS);
          return new Tools(context, new PackingPlanner(p.parameters(), costs));
        });
  }

  @Override
  public synchronized void close() {
    tools.values().forEach(t -> t.context().close());
    tools.clear();
  }
}
