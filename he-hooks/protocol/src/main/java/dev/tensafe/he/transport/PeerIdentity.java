package dev.tensafe.he.transport;

/** The other side of a connection, as far as the connection proves it. */
public sealed interface PeerIdentity {
  /** For people, and to tell one from another. */
  String label();

  /**
   * The holder of a certificate's key.
   *
   * @param sha256 of the certificate (DER), 64 lowercase hexadecimal digits
   * @param subject as RFC 2253 writes it; may be empty
   * @param issuer as RFC 2253 writes it
   */
  record Certificate(String sha256, String subject, String issuer) implements PeerIdentity {
    /** {@code cert:} and the SHA-256. */
    @Override
    public String label() {
      return "cert:" + sha256;
    }
  }

  /**
   * A process of this machine.
   *
   * @param name of the user it runs as, as the kernel reports
   */
  record User(String name) implements PeerIdentity {
    /** {@code user:} and the name. */
    @Override
    public String label() {
      return "user:" + name;
    }
  }

  /** This process itself. */
  record Embedded() implements PeerIdentity {
    /** {@code embedded}. */
    @Override
    public String label() {
      return "embedded";
    }
  }
}
