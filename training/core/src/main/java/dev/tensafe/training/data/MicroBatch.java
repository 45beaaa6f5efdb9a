package dev.tensafe.training.data;

import java.util.List;

/**
 * Rows computed together, padded to one length. All arrays are row-major {@code [rows, length]}.
 *
 * @param labels the token that should follow each position, or {@link Row#IGNORED}
 * @param positions zero-based within the example a token belongs to
 * @param segments which example of its row a token belongs to; tokens see their own only
 */
public record MicroBatch(
    int rows, int length, long[] tokens, long[] labels, long[] positions, long[] segments) {

  /**
   * Puts rows together; the longest gives the length.
   *
   * @param rows at least one
   */
  public static MicroBatch of(List<Row> rows) {
    int length = rows.stream().mapToInt(Row::length).max().orElseThrow();
    int size = Math.multiplyExact(rows.size(), length);
    long[] tokens = new long[size];
    long[] labels = new long[size];
    long[] positions = new long[size];
    long[] segments = new long[size];
    for (int r = 0; r < rows.size(); r++) {
      Row row = rows.get(r);
      for (int i = 0; i < length; i++) {
        int at = r * length + i;
        boolean inside = i < row.length();
        tokens[at] = inside ? row.tokens()[i] : 0;
        labels[at] = inside ? row.labels()[i] : Row.IGNORED;
        positions[at] = inside ? row.positions()[i] : 0;
        // padding is a segment of its own, which nothing else sees
        segments[at] = inside ? row.segments()[i] : -1;
      }
    }
    return new MicroBatch(rows.size(), length, tokens, labels, positions, segments);
  }

  /** Positions whose label counts in the loss. */
  public int scored() {
    int count = 0;
    for (long label : labels) {
      count += label == Row.IGNORED ? 0 : 1;
    }
    return count;
  }
}
