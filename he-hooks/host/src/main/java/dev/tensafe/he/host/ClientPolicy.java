package dev.tensafe.he.host;

/**
 * How an adapter host treats its clients.
 *
 * @param accounts that they are metered under
 * @param barred who is not served
 * @param tags whether they may set up tags, by which they check every answer
 */
public record ClientPolicy(ClientAccounts accounts, BarredAccounts barred, boolean tags) {
  /** Everybody is served, under what they prove to be, and may check answers. */
  public static ClientPolicy open() {
    return new ClientPolicy(ClientAccounts.unnamed(), BarredAccounts.inMemory(), true);
  }
}
