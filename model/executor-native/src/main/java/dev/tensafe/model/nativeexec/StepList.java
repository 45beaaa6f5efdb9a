package dev.tensafe.model.nativeexec;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.shape.RotaryEmbedding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * A step written down for the native side: see decoder/step.hpp. Its memory is kept from step to
 * step. Confined to the executor.
 */
final class StepList {
  private static final int HEADER = 4;
  private static final int PER_RUN = 3;

  private final RotaryEmbedding rotary;
  private IntBuffer list = bytes(1 << 12).asIntBuffer();
  private FloatBuffer angles = bytes(1 << 12).asFloatBuffer();
  private FloatBuffer sines = bytes(1 << 11).asFloatBuffer();

  StepList(RotaryEmbedding rotary) {
    this.rotary = rotary;
  }

  /** Writes a step; rows are in the order of the batch. */
  void write(ForwardBatch batch) {
    int rows = batch.tokenCount();
    int logits = Math.toIntExact(batch.logitRowCount());
    int blocks = 0;
    for (SequenceInput s : batch.sequences()) {
      blocks += blocksInUse(s);
    }
    int count = batch.sequences().size();
    long length = HEADER + (long) PER_RUN * count + rows + blocks + logits;
    if (length > list.capacity()) {
      list = bytes(length * Integer.BYTES * 3 / 2).asIntBuffer();
    }
    list.clear();
    list.put(count).put(rows).put(logits).put(blocks);
    for (SequenceInput s : batch.sequences()) {
      list.put(s.tokenCount()).put(s.start()).put(blocksInUse(s));
    }
    for (SequenceInput s : batch.sequences()) {
      list.put(s.tokens());
    }
    for (SequenceInput s : batch.sequences()) {
      list.put(s.blocks(), 0, blocksInUse(s));
    }
    int end = 0;
    for (SequenceInput s : batch.sequences()) {
      end += s.tokenCount();
      for (int row = end - s.logitRowCount(); row < end; row++) {
        list.put(row);
      }
    }
    list.flip();
    writeAngles(batch, rows);
  }

  private void writeAngles(ForwardBatch batch, int rows) {
    int floats = Math.multiplyExact(rows, rotary.half());
    if (2L * floats > angles.capacity()) {
      angles = bytes(3L * floats * Float.BYTES).asFloatBuffer();
      sines = bytes(3L * floats * Float.BYTES / 2).asFloatBuffer();
    }
    angles.clear();
    sines.clear();
    for (SequenceInput s : batch.sequences()) {
      for (int i = 0; i < s.tokenCount(); i++) {
        rotary.put(s.start() + i, s.promptLength(), angles, sines);
      }
    }
    angles.put(sines.flip()).flip();
  }

  private static int blocksInUse(SequenceInput s) {
    return (s.start() + s.tokenCount() - 1) / ModelExecutor.BLOCK_SIZE + 1;
  }

  /** The list, from its first element to its limit. */
  IntBuffer list() {
    return list;
  }

  /** Cosines of all rows, then sines. */
  FloatBuffer angles() {
    return angles;
  }

  private static ByteBuffer bytes(long count) {
    return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
  }
}
