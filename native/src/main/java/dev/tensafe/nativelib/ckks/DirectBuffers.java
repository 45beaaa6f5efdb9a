package dev.tensafe.nativelib.ckks;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Checks that a buffer may be handed to native code. */
final class DirectBuffers {
  private DirectBuffers() {}

  /**
   * @param order of the buffer's elements; native code reads them in the machine's
   * @param needed elements from the position on
   */
  static void require(Buffer buffer, ByteOrder order, long needed, String name) {
    if (!buffer.isDirect()) {
      throw refused(name + ": not a direct buffer");
    }
    if (!(buffer instanceof ByteBuffer) && !order.equals(ByteOrder.nativeOrder())) {
      throw refused(name + ": elements are not in the machine's byte order");
    }
    if (buffer.remaining() < needed) {
      throw refused(name + ": " + needed + " elements needed, " + buffer.remaining() + " remain");
    }
  }

  static void requireWritable(Buffer buffer, ByteOrder order, long needed, String name) {
    require(buffer, order, needed, name);
    if (buffer.isReadOnly()) {
      throw refused(name + ": read-only");
    }
  }

  /** A new direct buffer for a message of a size that native code computed. */
  static ByteBuffer message(long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw refused("message: " + bytes + " bytes do not fit one buffer; use smaller chunks");
    }
    return ByteBuffer.allocateDirect((int) bytes);
  }

  private static CkksException refused(String message) {
    return new CkksException(CkksException.Reason.INVALID_ARGUMENT, message);
  }
}
