package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.HeException;
import dev.tensafe.he.Profile;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.DotWeights;
import dev.tensafe.nativelib.ckks.Packing;
import dev.tensafe.nativelib.ckks.PackingPlanner;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import dev.tensafe.tssp.manifest.Manifest;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The sealed weights of one adapter, outside the heap: as integers, and transformed for the
 * packings of every profile that was asked for. Wiped when closed; evaluations under way finish
 * first. Thread-safe.
 */
public final class SealedPart implements AutoCloseable {
  /** Batches that packings are chosen for. */
  private static final int PLANNED_TOKENS = 512;

  /** Beside those that pads are made with. */
  private static final int PACKINGS = 2;

  private final Manifest manifest;
  private final String digest;
  private final Map<GroupId, Weights> sealed;

  @GuardedBy("this")
  private final Map<Profile, Map<GroupId, Group>> prepared = new EnumMap<>(Profile.class);

  private volatile boolean closed;

  /**
   * The integer weights of one group.
   *
   * @param values [rows][columns], direct, overwritten when the adapter is closed
   */
  record Weights(int rows, int columns, IntBuffer values) {
    @Override
    public String toString() {
      return "Weights[" + rows + " × " + columns + "]";
    }
  }

  /**
   * A group in the forms a profile evaluates with.
   *
   * @param index among the adapter's groups, from 0
   * @param offered packings for evaluations of ciphertexts
   * @param matrices for those, and for making pads
   * @param dots for pads, or null where there are none
   */
  record Group(
      int index,
      int rows,
      int columns,
      List<Packing> offered,
      List<WeightMatrix> matrices,
      @Nullable DotWeights dots)
      implements AutoCloseable {
    @Override
    public void close() {
      matrices.forEach(WeightMatrix::close);
      if (dots != null) {
        dots.close();
      }
    }

    /** The form for a packing, or null if it is not held. */
    @Nullable WeightMatrix matrix(Packing packing) {
      for (WeightMatrix matrix : matrices) {
        if (matrix.packing().equals(packing)) {
          return matrix;
        }
      }
      return null;
    }
  }

  SealedPart(Manifest manifest, String digest, Map<GroupId, Weights> sealed) {
    this.manifest = manifest;
    this.digest = digest;
    this.sealed = new TreeMap<>(sealed);
  }

  public Manifest manifest() {
    return manifest;
  }

  /** SHA-256 of the manifest, hexadecimal. */
  public String digest() {
    return digest;
  }

  boolean isClosed() {
    return closed;
  }

  /** The adapter under a profile; transforms it the first time. */
  synchronized Map<GroupId, Group> groups(Profile profile, ProfileTools tools) {
    if (closed) {
      throw new HeException(HeException.Reason.REFUSED, "the adapter was withdrawn");
    }
    Map<GroupId, Group> known = prepared.get(profile);
    if (known != null) {
      return known;
    }
    Map<GroupId, @Nullable DotWeights> dots = dots(profile);
    CkksContext context = tools.context(profile);
    PackingPlanner planner = tools.planner(profile);
    Map<GroupId, Group> groups = new TreeMap<>();
    sealed.forEach(
        (id, s) -> {
          List<Packing> offered = planner.resident(s.columns(), s.rows(), PLANNED_TOKENS, PACKINGS);
          Set<Packing> packings = new LinkedHashSet<>(offered);
          if (dots.get(id) != null) {
            packings.add(Pads.packing(Pads.SHORT));
            packings.add(Pads.packing(Pads.LONG));
          }
          List<WeightMatrix> matrices = new ArrayList<>();
          for (Packing packing : packings) {
            matrices.add(WeightMatrix.of(context, s.values(), s.rows(), s.columns(), packing));
          }
          groups.put(
              id, new Group(groups.size(), s.rows(), s.columns(), offered, matrices, dots.get(id)));
        });
    prepared.put(profile, groups);
    return groups;
  }

  /** For inner products with pads; none where one group cannot have them. */
  private Map<GroupId, @Nullable DotWeights> dots(Profile profile) {
    Map<GroupId, @Nullable DotWeights> dots = new HashMap<>();
    if (!Pads.supports(profile.parameters())) {
      return dots;
    }
    try {
      sealed.forEach((id, s) -> dots.put(id, DotWeights.of(s.values(), s.rows(), s.columns())));
      return dots;
    } catch (CkksException e) {
      // rows too large for exact sums: ciphertexts only
      dots.values().stream().filter(Objects::nonNull).forEach(DotWeights::close);
      return new HashMap<>();
    }
  }

  /** The description for a model host. */
  List<AdapterMessages.Group> describe(Profile profile, ProfileTools tools) {
    List<AdapterMessages.Group> out = new ArrayList<>();
    groups(profile, tools)
        .forEach(
            (id, group) ->
                out.add(
                    new AdapterMessages.Group(
                        id, group.columns(), group.rows(), group.offered(), group.dots() != null)));
    return out;
  }

  /** The integer weights of all groups, ascending; wiped when the adapter is closed. */
  List<Weights> weights() {
    return List.copyOf(sealed.values());
  }

  @Override
  public synchronized void close() {
    closed = true;
    for (Map<GroupId, Group> groups : prepared.values()) {
      groups.values().forEach(Group::close);
    }
    prepared.clear();
    for (Weights s : sealed.values()) {
      for (int i = 0; i < s.values().capacity(); i++) {
        s.values().put(i, 0);
      }
    }
  }

  @Override
  public String toString() {
    return "SealedPart[" + manifest.name() + " " + digest + "]";
  }
}
