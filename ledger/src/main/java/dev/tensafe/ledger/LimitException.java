package dev.tensafe.ledger;

/** A charge that goes beyond the limit of an account; nothing was counted. */
public final class LimitException extends LedgerException {
  private static final long serialVersionUID = 1L;

  private final long limit;
  private final long asked;
  private final long left;

  LimitException(long limit, long asked, long left) {
    super(
        Reason.LIMIT,
        "the limit is " + limit + " tokens: " + asked + " are asked for, " + left + " are left");
    this.limit = limit;
    this.asked = asked;
    this.left = left;
  }

  /** Tokens the account may use in all. */
  public long limit() {
    return limit;
  }

  /** Tokens of the charge. */
  public long asked() {
    return asked;
  }

  /** Tokens that are neither used nor reserved; at least 0. */
  public long left() {
    return left;
  }
}
