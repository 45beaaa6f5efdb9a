package dev.tensafe.he.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Direct buffers that are used again: allocating them costs more than filling them. Thread-safe.
 */
public final class BufferPool {
  private static final int KEPT = 16;
  private static final int SMALLEST = 1 << 12;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

  /** A buffer from 0 to {@code bytes}, big-endian. */
  public ByteBuffer take(int bytes) {
    synchronized (lock) {
      for (Iterator<ByteBuffer> all = free.iterator(); all.hasNext(); ) {
        ByteBuffer buffer = all.next();
        if (buffer.capacity() >= bytes) {
          all.remove();
          return buffer.clear().limit(bytes);
        }
      }
    }
    int size = Math.max(SMALLEST, bytes);
    int rounded = size > 1 << 30 ? size : Integer.highestOneBit(size - 1) << 1;
    return ByteBuffer.allocateDirect(rounded).limit(bytes);
  }

  /** Gives a buffer back, whole. */
  public void give(ByteBuffer buffer) {
    synchronized (lock) {
      if (free.size() >= KEPT) {
        // small ones make way for large ones
        ByteBuffer smallest = free.peekFirst();
        for (ByteBuffer other : free) {
          smallest = other.capacity() < smallest.capacity() ? other : smallest;
        }
        if (smallest.capacity() >= buffer.capacity()) {
          return;
        }
        free.remove(smallest);
      }
      free.addLast(buffer);
    }
  }
}
