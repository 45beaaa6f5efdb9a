package dev.tensafe.tssp.content;

import java.nio.ByteBuffer;
import java.util.List;

/** Receives a part's tensors as they are decrypted. */
public interface ContentSink {
  /** Called once, before any piece: everything that will come, in order, checked for its form. */
  void begin(List<ContentTensor> tensors);

  /**
   * The next bytes of a tensor, already checked for NaN and infinity.
   *
   * @param offset of the piece in the tensor, in bytes
   * @param piece little-endian, whole elements; valid during the call only
   */
  void accept(ContentTensor tensor, long offset, ByteBuffer piece);
}
