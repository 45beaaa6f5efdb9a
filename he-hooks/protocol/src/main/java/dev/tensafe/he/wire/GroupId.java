package dev.tensafe.he.wire;

/**
 * The projections of a layer that read one vector.
 *
 * @param layer from 0, at most 65,535
 * @param input 0 for q, k, v; 1 for o; 2 for gate, up; 3 for down
 */
public record GroupId(int layer, int input) implements Comparable<GroupId> {
  @Override
  public int compareTo(GroupId other) {
    return layer != other.layer
        ? Integer.compare(layer, other.layer)
        : Integer.compare(input, other.input);
  }
}
