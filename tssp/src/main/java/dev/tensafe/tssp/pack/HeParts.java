package dev.tensafe.tssp.pack;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.formats.safetensors.SafetensorsWriter.Entry;
import dev.tensafe.formats.split.OwnerSplit;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.formats.split.SplitModule;
import dev.tensafe.tssp.content.ContentTensor.Role;
import dev.tensafe.tssp.content.HeTensors;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.manifest.PartKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts {@code public} and {@code sealed} of an adapter. Only one module's split is in memory
 * at a time: ranks are found in a first pass, and each part splits every module again, with the
 * same outcome. Not thread-safe.
 */
final class HeParts {
  private final OwnerSplit split;
  private final byte[] probeSeed;
  private final int probes;
  private final Map<LoraModule, Integer> ranks = new LinkedHashMap<>();
  private @Nullable LoraModule current;
  private @Nullable SplitModule currentSplit;

  /**
   * @throws FormatException {@code split.no_effect} when every delta is zero
   */
  HeParts(PeftDirectory peft, OwnerSplit split, byte[] probeSeed, int probes) {
    this.split = split;
    this.probeSeed = probeSeed.clone();
    this.probes = probes;
    for (LoraModule module : peft.adapter().modules()) {
      int rank = split.rank(module);
      if (rank > 0) {
        ranks.put(module, rank);
      }
    }
    if (ranks.isEmpty()) {
      throw new FormatException("split.no_effect", "the adapter changes nothing: all deltas are 0");
    }
  }

  /** The modules whose deltas are not zero. */
  List<LoraModule> modules() {
    return List.copyOf(ranks.keySet());
  }

  PackageWriter.Source publicPart(List<RecipientPublicKey> recipients) {
    List<Entry> entries = new ArrayList<>();
    entries.add(
        new Entry(
            HeTensors.PROBE_SEED,
            HeTensors.dtype(Role.PROBE_SEED),
            List.of((long) probeSeed.length),
            out -> writeFully(out, ByteBuffer.wrap(probeSeed))));
    Map<String, LoraModule> groups = new LinkedHashMap<>();
    ranks.forEach(
        (module, rank) -> {
          groups.putIfAbsent(module.target().group(), module);
          entries.add(
              entry(
                  module,
                  Role.BASIS,
                  List.of(module.out(), rank),
                  (s, b) -> {
                    for (float value : s.basis()) {
                      b.putFloat(value);
                    }
                  }));
          entries.add(entry(module, Role.ROW_NORMS, List.of(rank), (s, b) -> put(b, s.rowNorms())));
          entries.add(
              entry(module, Role.ROW_SCALES, List.of(rank), (s, b) -> put(b, s.rowScales())));
          entries.add(
              entry(
                  module,
                  Role.LARGEST_ROW_SUM,
                  List.of(1),
                  (s, b) -> b.putLong(s.largestRowSum())));
          entries.add(
              entry(
                  module,
                  Role.PROBE_ANSWERS,
                  List.of(probes, rank),
                  (s, b) -> putProbes(module, s, b)));
        });
    groups.forEach(
        (group, module) ->
            entries.add(
                new Entry(
                    HeTensors.name(group, Role.COLUMN_EXPONENTS),
                    HeTensors.dtype(Role.COLUMN_EXPONENTS),
                    List.of((long) module.in()),
                    out ->
                        writeFully(
                            out,
                            ByteBuffer.wrap(
                                split.columnExponents(module.target(), module.in()))))));
    return source(PartKind.PUBLIC, recipients, entries);
  }

  PackageWriter.Source sealedPart(List<RecipientPublicKey> recipients) {
    List<Entry> entries = new ArrayList<>();
    ranks.forEach(
        (module, rank) -> {
          entries.add(
              entry(
                  module,
                  Role.WEIGHTS,
                  List.of(rank, module.in()),
                  (s, b) -> {
                    for (int value : s.weights()) {
                      b.putInt(value);
                    }
                  }));
          entries.add(
              entry(module, Role.ROW_SCALES, List.of(rank), (s, b) -> put(b, s.rowScales())));
        });
    return source(PartKind.SEALED, recipients, entries);
  }

  private PackageWriter.Source source(
      PartKind kind, List<RecipientPublicKey> recipients, List<Entry> entries) {
    try {
      return new PackageWriter.Source(
          kind,
          SafetensorsWriter.length(Map.of(), entries),
          recipients,
          out -> {
            try {
              SafetensorsWriter.write(Channels.newChannel(out), Map.of(), entries);
            } finally {
              forget();
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a tensor's numbers into a buffer of their size. */
  private interface Filler {
    void fill(SplitModule split, ByteBuffer out);
  }

  private Entry entry(LoraModule module, Role role, List<Integer> shape, Filler filler) {
    List<Long> sizes = shape.stream().map(Integer::longValue).toList();
    return new Entry(
        HeTensors.name(module.name(), role),
        HeTensors.dtype(role),
        sizes,
        out -> {
          long elements = sizes.stream().reduce(1L, Math::multiplyExact);
          int bytes = Math.toIntExact(elements * HeTensors.dtype(role).bytes());
          ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
          filler.fill(splitOf(module), buffer);
          writeFully(out, buffer.flip());
          Arrays.fill(buffer.array(), (byte) 0);
        });
  }

  private void putProbes(LoraModule module, SplitModule s, ByteBuffer out) {
    for (int i = 0; i < probes; i++) {
      byte[] x = ProbeVectors.vector(probeSeed, module.target().group(), i, module.in());
      for (long answer : ProbeVectors.answers(s, x)) {
        out.putLong(answer);
      }
    }
  }

  private static void put(ByteBuffer out, double[] values) {
    for (double value : values) {
      out.putDouble(value);
    }
  }

  private SplitModule splitOf(LoraModule module) {
    SplitModule known = currentSplit;
    if (known == null || !module.equals(current)) {
      forget();
      known = split.split(module);
      current = module;
      currentSplit = known;
    }
    return known;
  }

  private void forget() {
    SplitModule known = currentSplit;
    if (known != null) {
      Arrays.fill(known.weights(), 0);
    }
    current = null;
    currentSplit = null;
  }

  private static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
