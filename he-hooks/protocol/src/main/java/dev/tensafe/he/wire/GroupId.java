package dev.tensafe.he.wire;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.LoraTarget;
import java.nio.ByteBuffer;

/**
 * The projections of a layer that read one vector.
 *
 * @param layer from 0, at most 65,535
 * @param input {@link LoraTarget.Input#wireId()}
 */
public record GroupId(int layer, int input) implements Comparable<GroupId> {
  /**
   * Names a group.
   *
   * @throws FormatException {@code peft.input} for an unknown input, {@code peft.layer} for a layer
   *     that no message can name
   */
  public GroupId {
    if (layer < 0 || layer > 0xffff) {
      throw new FormatException("peft.layer", "layer " + layer + " is not from 0 to 65535");
    }
    LoraTarget.Input.ofWireId(input);
  }

  /** Writes the 4 bytes of a group: u16 layer, u8 input, u8 0. */
  void write(ByteBuffer out) {
    out.putShort((short) layer).put((byte) input).put((byte) 0);
  }

  /**
   * Reads the 4 bytes of a group.
   *
   * @throws dev.tensafe.he.HeException of a protocol error, for an unknown input
   */
  static GroupId read(Reading in) {
    GroupId id = readShort(in);
    in.zero(1);
    return id;
  }

  /**
   * Reads layer and input; what follows is the caller's.
   *
   * @throws dev.tensafe.he.HeException of a protocol error, for an unknown input
   */
  static GroupId readShort(Reading in) {
    int layer = in.u16();
    int input = in.u8();
    try {
      return new GroupId(layer, input);
    } catch (FormatException e) {
      throw Reading.bad(e.description());
    }
  }

  @Override
  public int compareTo(GroupId other) {
    return layer != other.layer
        ? Integer.compare(layer, other.layer)
        : Integer.compare(input, other.input);
  }
}
