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
    pieces(what + " (UTF-16)", text.getBytes(StandardCharsets.UTF_16BE));
  }

  /** Whole numbers, as 32 and 64 bits in either byte order. */
  void integers(String what, int[] values) {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      ByteBuffer narrow = ByteBuffer.allocate(4 * values.length).order(order);
      narrow.asIntBuffer().put(values);
      pieces(what + " (int32)", narrow.array());
      ByteBuffer wide = ByteBuffer.allocate(8 * values.length).order(order);
      for (int value : values) {
        wide.putLong(value);
      }
      pieces(what + " (int64)", wide.array());
    }
  }

  /** Whole numbers of 64 bits, in either byte order. */
  void longs(String what, long[] values) {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(order);
      bytes.asLongBuffer().put(values);
      pieces(what, bytes.array());
    }
  }

  /** Real numbers, as floats and doubles in either byte order. */
  void floats(String what, float[] values) {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      ByteBuffer narrow = ByteBuffer.allocate(4 * values.length).order(order);
      narrow.asFloatBuffer().put(values);
      pieces(what + " (float32)", narrow.array());
      ByteBuffer wide = ByteBuffer.allocate(8 * values.length).order(order);
      for (float value : values) {
        wide.putDouble(value);
      }
      pieces(what + " (float64)", wide.array());
    }
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
