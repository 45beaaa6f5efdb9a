package dev.tensafe.he.client;

/** What the engine's thread would see. */
public final class Routes {
  private Routes() {}

  /** Whether an adapter takes requests. */
  public static boolean open(EncryptedAdapters adapters, PublicPart adapter) {
    return adapters.route(adapter) != null;
  }
}
