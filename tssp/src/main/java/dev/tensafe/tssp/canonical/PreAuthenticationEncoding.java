package dev.tensafe.tssp.canonical;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/**
 * The signed bytes: a type and a payload, each with its length, so that neither can be mistaken for
 * the other.
 *
 * <p>Source: DSSE protocol 1.0, "PAE": {@code "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body}
 * with lengths in ASCII decimal.
 */
public final class PreAuthenticationEncoding {
  private PreAuthenticationEncoding() {}

  public static byte[] of(String type, byte[] body) {
    byte[] typeBytes = type.getBytes(UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + typeBytes.length + 40);
    out.writeBytes(("DSSEv1 " + typeBytes.length + " ").getBytes(UTF_8));
    out.writeBytes(typeBytes);
    out.writeBytes((" " + body.length + " ").getBytes(UTF_8));
    out.writeBytes(body);
    return out.toByteArray();
  }
}
