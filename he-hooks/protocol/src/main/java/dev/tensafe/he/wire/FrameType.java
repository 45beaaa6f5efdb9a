package dev.tensafe.he.wire;

import org.jspecify.annotations.Nullable;

/** Kinds of frames; C from the model host, H from the adapter host. */
public enum FrameType {
  /** C: parameters, nonce and seed of a session. */
  CLIENT_HELLO(1),
  /** H: nonce, recipient key and limits. */
  HOST_HELLO(2),
  /** C: a secret that only the holder of the recipient key can open. */
  CHALLENGE(3),
  /** H: proof that it was opened; the session stands. */
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
  /** C: announces a block of pads of all groups. */
  PREPARE(15),
  /** H: the answers' half of it, for one group. */
  PREPARED(16),
  /** C: tokens at positions of lanes. */
  EVALUATE_PADDED(17),
  /** C: hashes of the keys of new lanes. */
  LANES(18),
  /** H: which of them have to be shown. */
  OPEN_LANES(19),
  /** C: the seeds of those. */
  LANE_SEEDS(20),
  /** C: the public key of one that was not shown. */
  LANE_KEY(21),
  /** C: a lane will use a block. */
  BIND(22),
  /** C: lanes are not used any more. */
  RETIRE(23),
  /** C: encrypted constants of a tag. */
  TAG_SETUP(24),
  /** H: what they make of the weights. */
  TAGS(25),
  /** C: hashes of the keys that a tag may be made under. */
  TAG_KEYS(26),
  /** H: which of them is to be used; the others have to be shown. */
  TAG_CHOICE(27),
  /** C: the span that evaluations of an adapter belong to; only where both sides agreed. */
  TRACE(28);

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
