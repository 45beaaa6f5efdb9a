package dev.tensafe.he.client;

/** What the engine's thread would see. */
public final class Routes {
  private Routes() {}

  /** Why an adapter takes no requests; empty if it does. */
  public static String problem(EncryptedAdapters adapters, PublicPart adapter) {
    return adapters.problem(adapter.digest(), adapter.hosts()).orElse("");
  }

  /** Whether an adapter takes requests. */
  public static boolean open(EncryptedAdapters adapters, PublicPart adapter) {
    return adapters.route(adapter) != null;
  }
}
