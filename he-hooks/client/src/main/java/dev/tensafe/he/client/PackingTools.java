package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.Profile;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.CostModel;
import dev.tensafe.nativelib.ckks.PackingPlanner;
import org.jspecify.annotations.Nullable;

/**
 * Tables of a profile's parameters and of tags, and a planner that knows what packings cost on this
 * machine. All are made when they are first asked for, which takes a while. Thread-safe.
 */
final class PackingTools {
  private static final int MEASURE_MILLIS = 200;

  private final CkksParameters parameters;

  /** Held while something is made, so that it is made once. */
  private final Object making = new Object();

  @GuardedBy("making")
  private @Nullable CkksContext context;

  @GuardedBy("making")
  private @Nullable CkksContext tagContext;

  @GuardedBy("making")
  private @Nullable PackingPlanner planner;

  PackingTools(Profile profile) {
    this.parameters = profile.parameters();
  }

  CkksContext context() {
    synchronized (making) {
      CkksContext known = context;
      if (known == null) {
        known = CkksContext.open(parameters);
        context = known;
      }
      return known;
    }
  }

  /** Tables of the ring that tags are made in, whatever the profile. */
  CkksContext tagContext() {
    synchronized (making) {
      CkksContext known = tagContext;
      if (known == null) {
        known = CkksContext.open(CkksParameters.STRICT);
        tagContext = known;
      }
      return known;
    }
  }

  PackingPlanner planner() {
    synchronized (making) {
      PackingPlanner known = planner;
      if (known == null) {
        known = new PackingPlanner(parameters, CostModel.measure(context(), MEASURE_MILLIS));
        planner = known;
      }
      return known;
    }
  }
}
