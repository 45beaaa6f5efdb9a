package dev.tensafe.he.host;

import dev.tensafe.he.transport.PeerIdentity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;

/**
 * The accounts that clients are metered under. A client has the account an operator named for it,
 * else one by what its certificate says of it and of its issuer, so that a new certificate for the
 * same client opens no new budget; those whose certificates say nothing of them share one.
 * Immutable.
 */
public final class ClientAccounts {
  /** The account of all clients whose certificates have no subject. */
  static final String UNKNOWN = "unknown";

  private static final Pattern CERTIFICATE = Pattern.compile("cert:([0-9a-f]{64})");
  private static final Pattern HOLDER = Pattern.compile("subject:(.*)\\|issuer:(.*)");
  private static final Pattern USER = Pattern.compile("user:(.+)");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@-]{1,128}");

  /** Accounts by what clients prove; certificates by {@link #holderKey}, or the label of one. */
  private final Map<String, String> names = new HashMap<>();

  private ClientAccounts() {}

  /** No named ones. */
  public static ClientAccounts unnamed() {
    return new ClientAccounts();
  }

  /**
   * @param named {@code NAME=CLIENT} each; a client is {@code cert:SHA256} of a certificate in
   *     hexadecimal digits, {@code subject:DN|issuer:DN} with names as RFC 2253 writes them, or
   *     {@code user:NAME}. Several may have one name
   * @throws IllegalArgumentException for anything else
   */
  public static ClientAccounts of(List<String> named) {
    ClientAccounts accounts = new ClientAccounts();
    for (String entry : named) {
      int end = entry.indexOf('=');
      String name = entry.substring(0, Math.max(0, end));
      if (!NAME.matcher(name).matches() || name.equals(UNKNOWN)) {
        throw new IllegalArgumentException("'" + entry + "' is not NAME=CLIENT");
      }
      if (accounts.names.put(key(entry.substring(end + 1)), name) != null) {
        throw new IllegalArgumentException("'" + entry + "': the client has an account already");
      }
    }
    return accounts;
  }

  private static String key(String client) {
    Matcher holder = HOLDER.matcher(client);
    if (holder.matches()) {
      try {
        return holderKey(holder.group(1), holder.group(2));
      } catch (IllegalArgumentException e) {
        throw malformed(client);
      }
    }
    if (CERTIFICATE.matcher(client).matches() || USER.matcher(client).matches()) {
      return client;
    }
    throw malformed(client);
  }

  private static IllegalArgumentException malformed(String client) {
    return new IllegalArgumentException(
        "'"
            + client
            + "' names no client; it must be cert:SHA256, subject:DN|issuer:DN or user:NAME");
  }

  /** Equal for names that are the same however they are written. */
  private static String holderKey(String subject, String issuer) {
    return canonical(subject) + "|" + canonical(issuer);
  }

  private static String canonical(String name) {
    return new X500Principal(name).getName(X500Principal.CANONICAL);
  }

  /** The account of a client. */
  String of(PeerIdentity peer) {
    if (peer instanceof PeerIdentity.Certificate certificate) {
      return of(certificate);
    }
    return Objects.requireNonNullElse(names.get(peer.label()), peer.label());
  }

  private String of(PeerIdentity.Certificate certificate) {
    String name = names.get(certificate.label());
    if (name == null) {
      name = names.get(holderKey(certificate.subject(), certificate.issuer()));
    }
    if (name != null) {
      return name;
    }
    return certificate.subject().isEmpty()
        ? UNKNOWN
        : "subject:" + certificate.subject() + "|issuer:" + certificate.issuer();
  }
}
