package dev.tensafe.he.wire;

/** Why a connection ends. */
public enum CloseReason {
  /** Nothing is wrong. */
  BYE(1),
  /** No common version. */
  VERSION(2),
  /** The other side broke the protocol. */
  PROTOCOL(3),
  /** As many sessions as there may be. */
  TOO_MANY(4),
  /** The adapter host is stopping. */
  STOPPING(5),
  /** The model host was caught cheating; its account is barred. */
  BARRED(6);

  private final int id;

  CloseReason(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }

  /** The reason of a number; one that is not known is as good as none. */
  static CloseReason of(int id) {
    for (CloseReason reason : values()) {
      if (reason.id == id) {
        return reason;
      }
    }
    return PROTOCOL;
  }
}
