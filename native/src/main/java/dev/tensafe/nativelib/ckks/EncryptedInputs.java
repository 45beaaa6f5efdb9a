package dev.tensafe.nativelib.ckks;

import java.nio.ByteBuffer;

/**
 * An encrypted batch: what travels, and the magnitudes of its tokens, which do not.
 *
 * @param message for {@link ReceivedInputs#read}
 * @param magnitudes [m], for {@link FixedPoint#tokenScales}
 */
public record EncryptedInputs(ByteBuffer message, double[] magnitudes) {
  @Override
  public String toString() {
    return "EncryptedInputs[" + message.remaining() + " bytes]";
  }
}
