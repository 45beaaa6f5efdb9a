package dev.tensafe.server.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A body in chunks, checked against RFC 9112, section 7.1, as it comes: sizes without overflow,
 * extensions that are well-formed and short, data of exactly the size, trailers that are fields.
 */
final class ChunkedBody {
  private static final int MAX_SIZE_LINE = 256;
  private static final int MAX_EXTENSIONS = 4096;
  private static final int MAX_TRAILERS = 8192;
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern SIZE =
      Pattern.compile(
          "([0-9A-Fa-f]{1,16})((?:[ \\t]*;[ \\t]*"
              + TOKEN
              + "(?:[ \\t]*=[ \\t]*(?:"
              + TOKEN
              + "|\"(?:[^\"\\\\]|\\\\.)*+\"))?)*+)");

  private enum Part {
    SIZE,
    DATA,
    DATA_END,
    TRAILERS
  }

  private final LineReader lines;
  private Part part = Part.SIZE;
  private long left;
  private int extensions;
  private int trailers;
  private boolean ended;

  ChunkedBody(LineReader lines) {
    this.lines = lines;
  }

  boolean ended() {
    return ended;
  }

  /**
   * Checks what comes next.
   *
   * @return how many bytes, from the reader index, may be passed on; 0 if there are more to come
   */
  int next(ByteBuf in) throws WireFault {
    if (part == Part.DATA) {
      int bytes = (int) Math.min(left, in.readableBytes());
      left -= bytes;
      part = left == 0 ? Part.DATA_END : Part.DATA;
      return bytes;
    }
    int end = lines.nextEnd(in);
    int limit = part == Part.TRAILERS ? MAX_TRAILERS - trailers : MAX_SIZE_LINE;
    if (lines.scanned() > limit) {
      throw part == Part.TRAILERS
          ? new WireFault(431, "headers_too_large", "the trailers are too long")
          : WireFault.bad("invalid_chunk", "the line of a chunk's size is too long");
    }
    if (end < 0) {
      // data has exactly its size: what is no line end shows with its first byte
      if (part == Part.DATA_END && lines.scanned() > 0 && in.getByte(in.readerIndex()) != '\r') {
        throw wrongData();
      }
      return 0;
    }
    lines.taken();
    line(in.toString(in.readerIndex(), end - 2, StandardCharsets.ISO_8859_1));
    return end;
  }

  private void line(String line) throws WireFault {
    switch (part) {
      case SIZE -> size(line);
      case DATA_END -> {
        if (!line.isEmpty()) {
          throw wrongData();
        }
        part = Part.SIZE;
      }
      default -> {
        trailers += line.length() + 2;
        if (line.isEmpty()) {
          ended = true;
        } else {
          RequestHead.checkField(line);
        }
      }
    }
  }

  private void size(String line) throws WireFault {
    Matcher size = SIZE.matcher(line);
    if (!size.matches()) {
      throw WireFault.bad("invalid_chunk", "a chunk does not begin with its size in hexadecimal");
    }
    extensions += size.group(2).length();
    if (extensions > MAX_EXTENSIONS) {
      throw WireFault.bad("invalid_chunk", "the extensions of the chunks are too long");
    }
    left = Long.parseUnsignedLong(size.group(1), 16);
    if (left < 0 || left > Integer.MAX_VALUE) {
      throw WireFault.bad("invalid_chunk", "a chunk is larger than 2 GiB");
    }
    part = left == 0 ? Part.TRAILERS : Part.DATA;
  }

  private static WireFault wrongData() {
    return WireFault.bad("invalid_chunk", "a chunk's data is not as long as its size says");
  }
}
