package dev.tensafe.nativelib.ckks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Chooses the packing of a batch from a measured cost model: many tokens share ciphertexts (large
 * T), few tokens share answers (large S). A weight matrix is held for a few packings only, so a
 * server first asks which to hold, then picks among them for every batch. Pure; any thread may use
 * it.
 */
public final class PackingPlanner {
  /** Relative noise that a packing may add at most; the target for the whole delta is 1e-4. */
  static final double NOISE_LIMIT = 5e-5;

  /** What noise is judged with: inputs whose root mean square is 1/16 of their largest. */
  static final double INPUT_RMS = 1.0 / 16;

  static final double WEIGHT_RMS = 8192;

  /** Memory that the received ciphertexts of one message may take at the adapter host. */
  private static final long CHUNK_BYTES = 64L << 20;

  private final CkksParameters parameters;
  private final CostModel costs;

  public PackingPlanner(CkksParameters parameters, CostModel costs) {
    this.parameters = parameters;
    this.costs = costs;
  }

  /**
   * The cheapest packing of all.
   *
   * @param tokens m
   * @param columns d
   * @param rows r'
   */
  public PackingPlan plan(int tokens, int columns, int rows) {
    return plan(tokens, columns, rows, candidates(columns, rows));
  }

  /** The cheapest of the packings that a matrix is held for. */
  public PackingPlan plan(int tokens, int columns, int rows, List<Packing> held) {
    return held.stream()
        .map(packing -> planWith(tokens, columns, rows, packing))
        .min(Comparator.comparingDouble(PackingPlan::seconds))
        .orElseThrow(
            () ->
                new CkksException(
                    CkksException.Reason.INVALID_ARGUMENT, "planner: no packing to choose from"));
  }

  /**
   * The packings to hold for a matrix: those with which no batch size from 1 to {@code maxTokens}
   * costs much more than with its best one.
   *
   * @param limit how many may be held, 1 to 3
   */
  public List<Packing> resident(int columns, int rows, int maxTokens, int limit) {
    if (limit < 1 || limit > 3) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "planner: 1 to 3 packings, not " + limit);
    }
    List<Integer> sizes = new ArrayList<>();
    for (int m = 1; m < maxTokens; m *= 2) {
      sizes.add(m);
    }
    sizes.add(maxTokens);
    LinkedHashSet<Packing> useful = new LinkedHashSet<>();
    double[] best = new double[sizes.size()];
    for (int i = 0; i < best.length; i++) {
      PackingPlan plan = plan(sizes.get(i), columns, rows);
      best[i] = plan.seconds();
      useful.add(plan.packing());
    }
    List<Packing> pool = List.copyOf(useful);
    List<Packing> chosen = List.of();
    double smallestRegret = Double.POSITIVE_INFINITY;
    for (List<Packing> subset : subsets(pool, limit)) {
      double regret = 0;
      for (int i = 0; i < best.length; i++) {
        regret = Math.max(regret, plan(sizes.get(i), columns, rows, subset).seconds() / best[i]);
      }
      if (regret < smallestRegret) {
        smallestRegret = regret;
        chosen = subset;
      }
    }
    return chosen;
  }

  /** Every packing whose noise is small enough. */
  private List<Packing> candidates(int columns, int rows) {
    NoiseModel noise = new NoiseModel(parameters);
    List<Packing> candidates = new ArrayList<>();
    int degree = parameters.degree();
    for (int s = 1; s <= degree && s < 2 * rows; s *= 2) {
      if (s > 1 && noise.relative(columns, s, WEIGHT_RMS, INPUT_RMS) > NOISE_LIMIT) {
        break;
      }
      for (int t = 1; (long) t * s <= degree; t *= 2) {
        candidates.add(new Packing(t, s));
      }
    }
    return candidates;
  }

  private PackingPlan planWith(int tokens, int columns, int rows, Packing packing) {
    InputShape shape = new InputShape(tokens, columns, packing);
    int t = packing.tokens();
    long groupCiphertexts = new InputShape(t, columns, packing).ciphertexts(parameters.degree());
    long groupBytes = groupCiphertexts * 2 * parameters.limbs() * parameters.degree() * Long.BYTES;
    long groups = Math.max(1, CHUNK_BYTES / groupBytes);
    int chunk = (int) Math.min(tokens, groups * t);
    return new PackingPlan(packing, chunk, costs.seconds(parameters, shape, rows));
  }

  /** All non-empty choices of at most {@code limit} ≤ 3 elements. */
  private static List<List<Packing>> subsets(List<Packing> pool, int limit) {
    List<List<Packing>> subsets = new ArrayList<>();
    for (int i = 0; i < pool.size(); i++) {
      subsets.add(List.of(pool.get(i)));
      for (int j = i + 1; limit > 1 && j < pool.size(); j++) {
        subsets.add(List.of(pool.get(i), pool.get(j)));
        for (int k = j + 1; limit > 2 && k < pool.size(); k++) {
          subsets.add(List.of(pool.get(i), pool.get(j), pool.get(k)));
        }
      }
    }
    return subsets;
  }
}
