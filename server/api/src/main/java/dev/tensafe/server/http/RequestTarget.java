package dev.tensafe.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The percent-encoding of paths and queries (RFC 3986, section 2.1). */
final class RequestTarget {
  private RequestTarget() {}

  /** Whether every {@code %} begins an octet, and all of them together are UTF-8. */
  static boolean wellFormed(String target) {
    ByteBuffer octets = ByteBuffer.allocate(target.length());
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c != '%') {
        octets.put((byte) c);
        continue;
      }
      int high = i + 2 < target.length() ? Character.digit(target.charAt(i + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(target.charAt(i + 2), 16);
      if (low < 0) {
        return false;
      }
      octets.put((byte) (high << 4 | low));
      i += 2;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(octets.flip());
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
