package dev.tensafe.server.http;

/** The version of this build. */
public final class Version {
  private Version() {}

  public static String current() {
    return "0.1.0";
  }
}
