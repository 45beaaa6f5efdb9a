package dev.tensafe.tssp.manifest;

import java.util.regex.Pattern;

/** The forms of names in packages and trust stores. */
public final class Names {
  /** An adapter's name. */
  public static final Pattern ADAPTER = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  /** The beginning of an adapter's name; empty for all. */
  public static final Pattern ADAPTER_PREFIX = Pattern.compile("([a-z0-9][a-z0-9._-]{0,63})?");

  /** A tenant, an issuer, a key of an annotation. */
  public static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,127}");

  /** A package id. */
  public static final Pattern PACKAGE_ID = Pattern.compile("[0-9a-f]{32}");

  private Names() {}
}
