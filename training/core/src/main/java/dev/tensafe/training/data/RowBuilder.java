package dev.tensafe.training.data;

import java.util.ArrayList;
import java.util.List;

/** Puts examples into rows, alone or packed: first fit among the rows that are still open. */
public final class RowBuilder {
  /** Rows kept open; more waste less room and mix the order more. */
  private static final int OPEN_ROWS = 32;

  private final int length;
  private final boolean packing;

  /**
   * @param length most tokens of a row
   * @param packing whether examples share rows; they do not see each other either way
   */
  public RowBuilder(int length, boolean packing) {
    this.length = length;
    this.packing = packing;
  }

  /** Rows that hold every example once. */
  public List<Row> rows(List<Example> examples) {
    List<Row> rows = new ArrayList<>();
    List<Open> open = new ArrayList<>();
    for (Example example : examples) {
      if (example.length() > length) {
        throw new IllegalArgumentException(example.length() + " tokens in a row of " + length);
      }
      Open fitting = null;
      for (Open candidate : open) {
        if (packing && candidate.tokens + example.length() <= length) {
          fitting = candidate;
          break;
        }
      }
      if (fitting == null) {
        if (open.size() == OPEN_ROWS || (!packing && !open.isEmpty())) {
          rows.add(open.remove(0).row());
        }
        fitting = new Open();
        open.add(fitting);
      }
      fitting.add(example);
    }
    open.forEach(row -> rows.add(row.row()));
    return rows;
  }

  private static final class Open {
    private final List<Example> examples = new ArrayList<>();
    private int tokens;

    void add(Example example) {
      examples.add(example);
      tokens += example.length();
    }

    Row row() {
      int[] all = new int[tokens];
      int[] labels = new int[tokens];
      int[] positions = new int[tokens];
      int[] segments = new int[tokens];
      int at = 0;
      for (int e = 0; e < examples.size(); e++) {
        Example example = examples.get(e);
        for (int i = 0; i < example.length(); i++, at++) {
          all[at] = example.tokens()[i];
          positions[at] = i;
          segments[at] = e;
          boolean scored = i + 1 < example.length() && example.scored()[i + 1];
          labels[at] = scored ? example.tokens()[i + 1] : Row.IGNORED;
        }
      }
      return new Row(all, labels, positions, segments);
    }
  }
}
