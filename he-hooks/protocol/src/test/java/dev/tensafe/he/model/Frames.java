package dev.tensafe.he.model;

/** Frames of the model as numbers of 16 bits: what they are, and up to four small numbers. */
final class Frames {
  // to the host
  static final int LANES = 1;
  static final int SEEDS = 2;
  static final int CRAFTED_SEEDS = 3;
  static final int LANE_KEY = 4;
  static final int PREPARE = 5;
  static final int BIND = 6;
  static final int PADDED = 7;
  static final int EVALUATE = 8;
  static final int RETIRE = 9;
  static final int CLOSE = 10;

  // to the client
  static final int OPEN_LANES = 11;
  static final int PREPARED = 12;
  static final int ANSWERS = 13;
  static final int BAD_ANSWERS = 14;
  static final int REFUSED = 15;

  private static final String[] NAMES = {
    "-", "LANES", "SEEDS", "SEEDS(crafted)", "LANE_KEY", "PREPARE", "BIND", "EVALUATE_PADDED",
    "EVALUATE", "RETIRE", "CLOSE", "OPEN_LANES", "PREPARED", "ANSWERS", "ANSWERS(bad)", "REFUSED"
  };

  private Frames() {}

  static int frame(int type) {
    return type;
  }

  /**
   * @param lane or batch or block, at most 7
   */
  static int frame(int type, int lane) {
    return type | lane << 4;
  }

  /**
   * @param block or a choice, at most 7
   */
  static int frame(int type, int lane, int block) {
    return type | lane << 4 | block << 7;
  }

  /**
   * @param first position, at most 3
   * @param count at most 3
   */
  static int frame(int type, int lane, int block, int first, int count) {
    return type | lane << 4 | block << 7 | first << 10 | count << 12;
  }

  static int type(int frame) {
    return frame & 15;
  }

  static int lane(int frame) {
    return frame >> 4 & 7;
  }

  static int block(int frame) {
    return frame >> 7 & 7;
  }

  static int first(int frame) {
    return frame >> 10 & 3;
  }

  static int count(int frame) {
    return frame >> 12 & 3;
  }

  static String text(int frame) {
    return NAMES[type(frame)]
        + ' '
        + lane(frame)
        + ','
        + block(frame)
        + ','
        + first(frame)
        + ','
        + count(frame);
  }
}
