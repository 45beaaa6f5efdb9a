package dev.tensafe.he.host;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.ColumnScales;
import dev.tensafe.nativelib.ckks.FixedPoint;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;

/** Integer weights of a few small groups, as both parties know them in a test. */
final class TestAdapter {
  static final int COLUMNS = 96;
  static final int ROWS = 8;
  static final List<GroupId> GROUPS = List.of(new GroupId(0, 0), new GroupId(1, 3));
  static final String DIGEST = "d".repeat(64);

  final Map<GroupId, int[]> weights = new TreeMap<>();

  TestAdapter(Random random) {
    for (GroupId group : GROUPS) {
      weights.put(group, random.ints(ROWS * COLUMNS, -30_000, 30_001).toArray());
    }
  }

  /** What an adapter host holds. */
  SealedPart sealed() {
    Map<GroupId, SealedPart.Weights> sealed = new TreeMap<>();
    weights.forEach(
        (group, values) -> {
          IntBuffer direct =
              ByteBuffer.allocateDirect(Integer.BYTES * values.length)
                  .order(ByteOrder.nativeOrder())
                  .asIntBuffer();
          sealed.put(group, new SealedPart.Weights(ROWS, COLUMNS, direct.put(values).flip()));
        });
    return new SealedPart(manifest(OptionalLong.empty()), DIGEST, sealed);
  }

  static Manifest manifest(OptionalLong maxTokens) {
    return new Manifest(
        "0".repeat(32),
        "a",
        1,
        new KeyId("0".repeat(64)),
        Instant.EPOCH,
        Optional.empty(),
        new BaseModelBinding("m", Optional.empty(), Optional.empty()),
        new AdapterDescription(8, BigDecimal.ONE, false, "F32", 0, List.of()),
        Mode.HE,
        List.of(),
        new Policy(List.of(), OptionalLong.empty(), maxTokens, false, false),
        OptionalInt.of(1),
        Optional.empty(),
        Map.of());
  }

  /** A codec of one group whose answers are in units of the weights. */
  GroupCodec codec(CkksContext context, GroupId group) {
    int[] values = weights.get(group);
    long largest = 0;
    double[] norms = new double[ROWS];
    for (int k = 0; k < ROWS; k++) {
      long sum = 0;
      double squares = 0;
      for (int j = 0; j < COLUMNS; j++) {
        long w = values[k * COLUMNS + j];
        sum += Math.abs(w);
        squares += (double) w * w;
      }
      largest = Math.max(largest, sum);
      norms[k] = Math.sqrt(squares);
    }
    double[] ones = new double[ROWS];
    Arrays.fill(ones, 1);
    return GroupCodec.of(
        context,
        COLUMNS,
        ROWS,
        ColumnScales.ofExponents(new byte[COLUMNS]),
        FixedPoint.of(context.parameters(), largest),
        ones,
        norms,
        largest,
        null);
  }

  /** The inner products of a vector with the rows of a group. */
  double[] exact(GroupId group, float[] x) {
    int[] values = weights.get(group);
    double[] u = new double[ROWS];
    for (int k = 0; k < ROWS; k++) {
      for (int j = 0; j < COLUMNS; j++) {
        u[k] += (double) values[k * COLUMNS + j] * x[j];
      }
    }
    return u;
  }
}
