package dev.tensafe.he.wire;

import org.jspecify.annotations.Nullable;

/** Kinds of frames; C from the model host, H from the adapter host. */
public enum FrameType {
  /** C: parameters, nonce and seed of a session. */
  CLIENT_HELLO(1),
  /** H: nonce, key id and limits. */
  HOST_HELLO(2),
  /** C: the half of the public key that travels. */
  PUBLIC_KEY(3),
  /** H: the session stands. */
  READY(4),
  /** C: names an adapter by its manifest's digest. */
  OPEN(5),
  /** H: its shape, and the packings it is held for. */
  OPENED(6),
  /** H: an adapter or an evaluation is refused; the session goes on. */
  REFUSED(7),
  /** C: ciphertexts of one layer and group. */
  EVALUATE(8),
  /** H: the answers. */
  ANSWERS(9),
  /** C: are you there. */
  PING(10),
  /** H: yes. */
  PONG(11),
  /** H: no new sessions; this one may finish its requests. */
  DRAINING(12),
  /** Either: the last frame, with a reason. */
  CLOSE(13),
  /** C: an adapter is not needed any more. */
  FORGET(14),
  /** C: announces a block of pads. */
  PREPARE(15),
  /** H: the answers' half of it. */
  PREPARED(16),
  /** C: tokens at positions of a block. */
  EVALUATE_PADDED(17);

  private final int id;

  FrameType(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }

  static @Nullable FrameType of(int id) {
    for (FrameType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    return null;
  }
}
