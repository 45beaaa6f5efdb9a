package dev.tensafe.he.client;

import static java.util.Comparator.comparing;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.lora.weights.AdapterWeights;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.tssp.keys.KeyId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The public part of an adapter of mode he in the model host's memory: the bases B', bounds and
 * probes. Its sealed part is at an adapter host. Thread-safe.
 */
public final class PublicPart implements AdapterWeights {
  private final String name;
  private final String digest;
  private final Set<KeyId> hosts;
  private final Map<GroupId, PublicGroup> groups;
  private final List<PublicGroup> inOrder;
  private final byte[] probeSeed;
  private final LowRankAdapter basis;
  private volatile Runnable onClose = () -> {};

  /**
   * @param hosts recipient keys that open the sealed part
   * @param basis the B' of all modules; closed with this
   */
  PublicPart(
      String name,
      String digest,
      Set<KeyId> hosts,
      Map<GroupId, PublicGroup> groups,
      byte[] probeSeed,
      LowRankAdapter basis) {
    this.name = name;
    this.digest = digest;
    this.hosts = Set.copyOf(hosts);
    this.groups = Map.copyOf(groups);
    this.inOrder = groups.values().stream().sorted(comparing(PublicGroup::id)).toList();
    this.probeSeed = probeSeed.clone();
    this.basis = basis;
  }

  public String name() {
    return name;
  }

  /** SHA-256 of the manifest, hexadecimal. */
  public String digest() {
    return digest;
  }

  Set<KeyId> hosts() {
    return hosts;
  }

  /** In ascending order of their ids. */
  List<PublicGroup> groups() {
    return inOrder;
  }

  @Nullable PublicGroup group(GroupId id) {
    return groups.get(id);
  }

  /** Columns of all groups together. */
  int columns() {
    return inOrder.stream().mapToInt(PublicGroup::columns).sum();
  }

  /** Rows of the group that has most of them. */
  int mostRows() {
    return inOrder.stream().mapToInt(PublicGroup::rows).max().orElse(0);
  }

  /**
   * Bytes that its pads may take.
   *
   * @param most that one adapter's may
   */
  long padBytes(CkksParameters parameters, long most) {
    return PadBytes.limit(
        parameters,
        inOrder.stream().map(g -> new PadBytes.Size(g.columns(), g.rows())).toList(),
        most);
  }

  byte[] probeSeed() {
    return probeSeed;
  }

  LowRankAdapter basis() {
    return basis;
  }

  void onClose(Runnable action) {
    onClose = action;
  }

  @Override
  public void close() {
    onClose.run();
    basis.close();
  }

  @Override
  public String toString() {
    return "PublicPart[" + name + " " + digest + "]";
  }
}
