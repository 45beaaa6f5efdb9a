package dev.tensafe.he.wire;

import dev.tensafe.he.HeException;

/** Why an adapter host does not compute with an adapter. */
public enum Refusal {
  UNKNOWN_ADAPTER(1, "the adapter host does not have this adapter"),
  WITHDRAWN(2, "the adapter was revoked, removed or has expired at the adapter host"),
  BUDGET_EXHAUSTED(3, "the budget of tokens at the adapter host is used up"),
  DRAINING(4, "the adapter host is stopping"),
  STORAGE(5, "the adapter host cannot record what is used"),
  /** No pads for a while; the adapter stays open. */
  PREPARATION(6, "more was prepared at the adapter host than is used"),
  NO_TAGS(7, "the adapter host lets nobody check its answers");

  private final int id;
  private final String text;

  Refusal(int id, String text) {
    this.id = id;
    this.text = text;
  }

  public int id() {
    return id;
  }

  /** For people. */
  public String text() {
    return text;
  }

  static Refusal of(int id) {
    for (Refusal refusal : values()) {
      if (refusal.id == id) {
        return refusal;
      }
    }
    throw new HeException(HeException.Reason.PROTOCOL, "there is no refusal " + id);
  }
}
