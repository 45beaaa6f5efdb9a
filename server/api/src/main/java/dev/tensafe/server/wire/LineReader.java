package dev.tensafe.server.wire;

import io.netty.buffer.ByteBuf;

/**
 * Finds the ends of lines in bytes that come piece by piece. A line ends with CR LF and with
 * nothing else; either alone, and every other control character but the tab, is a fault.
 */
final class LineReader {
  private int scanned;
  private boolean carriageReturn;

  /**
   * Scans on to the end of the next line.
   *
   * @param in begins where the last call's did
   * @return bytes up to and with the line's end, counted from the reader index; -1 if there are
   *     more to come
   */
  int nextEnd(ByteBuf in) throws WireFault {
    while (scanned < in.readableBytes()) {
      int b = in.getUnsignedByte(in.readerIndex() + scanned++);
      if (carriageReturn != (b == '\n')) {
        throw WireFault.bad("invalid_line_end", "lines end with CR LF, and neither stands alone");
      }
      if (b == '\n') {
        carriageReturn = false;
        return scanned;
      }
      carriageReturn = b == '\r';
      if ((b < ' ' && b != '\t' && b != '\r') || b == 0x7f) {
        throw WireFault.bad("invalid_character", "a control character stands in the request");
      }
    }
    return -1;
  }

  /** Bytes that were looked at. */
  int scanned() {
    return scanned;
  }

  /** The bytes so far have been taken out of the buffer. */
  void taken() {
    scanned = 0;
  }
}
