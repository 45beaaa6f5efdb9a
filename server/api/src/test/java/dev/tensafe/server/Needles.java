package dev.tensafe.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Byte sequences that must not be found somewhere, each of 16 bytes or more, and what they are
 * pieces of. Searching costs one look-up per byte, however many there are.
 */
final class Needles {
  private static final int LENGTH = 16;

  private record Needle(byte[] bytes, String what) {}

  private final Map<Long, List<Needle>> byStart = new HashMap<>();
  private int count;

  int count() {
    return count;
  }

  /** Text in the encodings a process could hold it in. */
  void text(String what, String text) {
    pieces(what + " (UTF-8)", text.getBytes(StandardCharsets.UTF_8));
    pieces(what + " (UTF-16)", text.getBytes(StandardCharsets.UTF_16LE));
  }

  /** Whole numbers, as 32 and 64 bits. */
  void integers(String what, int[] values) {
    ByteBuffer narrow = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer wide = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      narrow.putInt(value);
      wide.putLong(value);
    }
    pieces(what + " (int32)", narrow.array());
    pieces(what + " (int64)", wide.array());
  }

  /** Whole numbers of 64 bits, in either byte order. */
  void longs(String what, long[] values) {
    ByteBuffer little = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer big = ByteBuffer.allocate(8 * values.length);
    for (long value : values) {
      little.putLong(value);
      big.putLong(value);
    }
    pieces(what, little.array());
    pieces(what, big.array());
  }

  /** Real numbers, as floats and doubles. */
  void floats(String what, float[] values) {
    ByteBuffer narrow = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer wide = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      narrow.putFloat(value);
      wide.putDouble(value);
    }
    pieces(what + " (float32)", narrow.array());
    pieces(what + " (float64)", wide.array());
  }

  /** Every second 16 bytes of something, but for those that are all alike. */
  void pieces(String what, byte[] bytes) {
    for (int at = 0; at + LENGTH <= bytes.length; at += LENGTH / 2) {
      byte[] piece = new byte[LENGTH];
      System.arraycopy(bytes, at, piece, 0, LENGTH);
      int distinct = 0;
      boolean[] seen = new boolean[256];
      for (byte b : piece) {
        distinct += seen[b & 0xff] ? 0 : 1;
        seen[b & 0xff] = true;
      }
      // what hardly varies is found anywhere
      if (distinct >= 5) {
        byStart
            .computeIfAbsent(ByteBuffer.wrap(piece).getLong(), k -> new ArrayList<>())
            .add(new Needle(piece, what));
        count++;
      }
    }
  }

  /** Adds what is found in a stretch of bytes. */
  void search(byte[] hay, int length, TreeSet<String> found) {
    if (length < LENGTH) {
      return;
    }
    long window = ByteBuffer.wrap(hay).getLong(0);
    for (int at = 0; at + LENGTH <= length; at++) {
      if (at > 0) {
        window = window << 8 | (hay[at + 7] & 0xff);
      }
      List<Needle> candidates = byStart.get(window);
      if (candidates != null) {
        for (Needle needle : candidates) {
          if (ByteBuffer.wrap(hay, at, LENGTH).equals(ByteBuffer.wrap(needle.bytes()))) {
            found.add(needle.what());
          }
        }
      }
    }
  }
}
