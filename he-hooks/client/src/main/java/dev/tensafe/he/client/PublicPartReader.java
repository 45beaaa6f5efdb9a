package dev.tensafe.he.client;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.lora.weights.AdapterSlots;
import dev.tensafe.nativelib.ckks.ColumnScales;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.Factor;
import dev.tensafe.tssp.content.ContentSink;
import dev.tensafe.tssp.content.ContentTensor;
import dev.tensafe.tssp.content.ContentTensor.Role;
import dev.tensafe.tssp.content.PartContent;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Recipient;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Decrypts a public part: bases into native memory, the small tensors into the heap. */
final class PublicPartReader implements ContentSink {
  private final int layers;
  private final Map<String, Integer> ranks = new HashMap<>();
  private final Map<String, Map<Role, ByteBuffer>> small = new HashMap<>();
  private @Nullable LowRankAdapter basis;

  private PublicPartReader(int layers) {
    this.layers = layers;
  }

  /**
   * @param layers of the base model
   * @return to be closed by the caller
   * @throws dev.tensafe.tssp.TsspException as {@link PartContent#read}
   */
  static PublicPart read(
      VerifiedPackage verified, RecipientKey key, BaseProjections base, int layers) {
    PublicPartReader reader = new PublicPartReader(layers);
    try {
      PartContent.read(verified, PartKind.PUBLIC, key, base, reader);
      return reader.adapter(verified);
    } catch (RuntimeException | Error e) {
      if (reader.basis != null) {
        reader.basis.close();
      }
      throw e;
    }
  }

  /** The recipient keys that open a package's sealed part. */
  static Set<KeyId> hosts(Manifest manifest) {
    return manifest.part(PartKind.SEALED).stream()
        .flatMap(part -> part.recipients().stream())
        .map(Recipient::key)
        .collect(Collectors.toSet());
  }

  @Override
  public void begin(List<ContentTensor> tensors) {
    List<LowRankAdapter.Module> modules = new ArrayList<>();
    for (ContentTensor tensor : tensors) {
      if (tensor.role() == Role.BASIS) {
        int out = tensor.info().shape().get(0).intValue();
        int rank = tensor.info().shape().get(1).intValue();
        ranks.put(tensor.owner(), rank);
        modules.add(LowRankAdapter.Module.expanding(AdapterSlots.of(tensor.owner()), out, rank));
      } else {
        long bytes = tensor.info().end() - tensor.info().begin();
        small
            .computeIfAbsent(tensor.owner(), o -> new EnumMap<>(Role.class))
            .put(
                tensor.role(),
                ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN));
      }
    }
    basis = new LowRankAdapter(AdapterSlots.count(layers), modules);
  }

  @Override
  public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {
    if (tensor.role() == Role.BASIS) {
      Objects.requireNonNull(basis)
          .put(AdapterSlots.of(tensor.owner()), Factor.B, offset / Float.BYTES, piece);
    } else {
      bytes(tensor.owner(), tensor.role())
          .put((int) offset, piece, piece.position(), piece.remaining());
    }
  }

  private ByteBuffer bytes(String owner, Role role) {
    return Objects.requireNonNull(Objects.requireNonNull(small.get(owner), owner).get(role), owner);
  }

  private PublicPart adapter(VerifiedPackage verified) {
    Manifest manifest = verified.manifest();
    Map<GroupId, PublicGroup> groups = new TreeMap<>();
    GroupLayout.of(manifest, module -> Objects.requireNonNull(ranks.get(module), module))
        .forEach((id, modules) -> groups.put(id, group(manifest, id, modules)));
    byte[] seed = new byte[ProbeVectors.SEED_BYTES];
    bytes("", Role.PROBE_SEED).get(0, seed);
    return new PublicPart(
        manifest.name(),
        verified.digest(),
        hosts(manifest),
        groups,
        seed,
        Objects.requireNonNull(basis));
  }

  private PublicGroup group(Manifest manifest, GroupId id, List<GroupLayout.Rows> modules) {
    int rows = modules.stream().mapToInt(GroupLayout.Rows::rows).sum();
    double[] scales = new double[rows];
    double[] norms = new double[rows];
    long[][] answers = new long[manifest.probes().orElse(0)][rows];
    long largest = 0;
    List<PublicGroup.Module> parts = new ArrayList<>();
    for (GroupLayout.Rows module : modules) {
      String name = module.name();
      parts.add(new PublicGroup.Module(AdapterSlots.of(name), module.first(), module.rows()));
      bytes(name, Role.ROW_SCALES).asDoubleBuffer().get(scales, module.first(), module.rows());
      bytes(name, Role.ROW_NORMS).asDoubleBuffer().get(norms, module.first(), module.rows());
      largest = Math.max(largest, bytes(name, Role.LARGEST_ROW_SUM).getLong(0));
      for (int p = 0; p < answers.length; p++) {
        bytes(name, Role.PROBE_ANSWERS)
            .asLongBuffer()
            .position(p * module.rows())
            .get(answers[p], module.first(), module.rows());
      }
    }
    ByteBuffer exponents = bytes(GroupLayout.name(id), Role.COLUMN_EXPONENTS);
    byte[] columns = new byte[exponents.capacity()];
    exponents.get(0, columns);
    return new PublicGroup(
        id,
        columns.length,
        rows,
        parts,
        ColumnScales.ofExponents(columns),
        scales,
        norms,
        largest,
        answers);
  }
}
