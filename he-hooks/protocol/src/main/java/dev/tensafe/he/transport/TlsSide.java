package dev.tensafe.he.transport;

import java.io.IOException;
import java.net.SocketException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a connection by TLS, with the options that set their certificates: whoever reads
 * why a handshake failed is to know which one of them is wrong.
 */
public enum TlsSide {
  /** Connects: {@code serve}. */
  MODEL_HOST("model host", "client-cert", "client-key", "adapter-host-ca"),
  /** Listens: {@code adapter-host}. */
  ADAPTER_HOST("adapter host", "tls-cert", "tls-key", "client-ca");

  private static final int MAX_CAUSES = 16;

  private final String label;
  private final String certificateOption;
  private final String keyOption;
  private final String authorityOption;

  TlsSide(String label, String certificateOption, String keyOption, String authorityOption) {
    this.label = label;
    this.certificateOption = certificateOption;
    this.keyOption = keyOption;
    this.authorityOption = authorityOption;
  }

  /** The option for this side's own certificate. */
  public String certificateOption() {
    return certificateOption;
  }

  /** The option for its private key. */
  public String keyOption() {
    return keyOption;
  }

  /** The option for the certificates that the other side's has to lead to. */
  public String authorityOption() {
    return authorityOption;
  }

  private TlsSide other() {
    return this == MODEL_HOST ? ADAPTER_HOST : MODEL_HOST;
  }

  /** A failure of this side in words of options, where it is one of certificates. */
  SSLException explained(SSLException failure) {
    String problem = problem(failure);
    if (problem == null) {
      return failure;
    }
    SSLException explained = new SSLHandshakeException(problem);
    explained.initCause(failure);
    return explained;
  }

  /**
   * A connection that ended before the other side was heard, in words of options: its alert about
   * this side's certificate is lost if this side was writing.
   */
  IOException unheard(IOException failure) {
    if (failure instanceof SSLException ssl && problem(ssl) != null) {
      return explained(ssl);
    }
    if (causes(failure).stream().noneMatch(SocketException.class::isInstance)) {
      return failure;
    }
    return new IOException(
        "the "
            + other().label
            + " ended the connection during the handshake ("
            + failure.getMessage()
            + "): perhaps it does not accept this side's --"
            + certificateOption
            + ", and its --"
            + other().authorityOption
            + " must hold the certificate that issued it",
        failure);
  }

  private @Nullable String problem(SSLException failure) {
    String theirs = "the certificate of the " + other().label;
    List<Throwable> causes = causes(failure);
    for (Throwable cause : causes) {
      if (cause instanceof CertificateExpiredException) {
        return theirs + " has expired (its --" + other().certificateOption + ")";
      }
      if (cause instanceof CertificateNotYetValidException) {
        return theirs + " is not valid yet (its --" + other().certificateOption + ")";
      }
    }
    for (Throwable cause : causes) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof CertPathBuilderException
          || cause instanceof CertPathValidatorException) {
        return theirs
            + " leads to no certificate in this side's --"
            + authorityOption
            + ", which must hold the one that issued it ("
            + message
            + ")";
      }
      if (cause instanceof CertificateException
          && (message.startsWith("No subject alternative") || message.startsWith("No name"))) {
        return theirs + " is for another address than the one in --adapter-host: " + message;
      }
      if (cause instanceof SSLException && message.startsWith("Empty client certificate chain")) {
        return "the "
            + other().label
            + " has no certificate that leads to one in this side's --"
            + authorityOption
            + ": that must hold the one that issued its --"
            + other().certificateOption;
      }
      if (cause instanceof SSLException && isRefusal(message)) {
        return "the "
            + other().label
            + " does not accept this side's --"
            + certificateOption
            + ": its --"
            + other().authorityOption
            + " must hold the certificate that issued it ("
            + message
            + ")";
      }
    }
    return null;
  }

  private static List<Throwable> causes(Throwable failure) {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable at = failure; at != null && causes.size() < MAX_CAUSES; at = at.getCause()) {
      causes.add(at);
    }
    return causes;
  }

  /** Whether an alert of the other side is about this one's certificate. */
  private static boolean isRefusal(String message) {
    return message.startsWith("Received fatal alert: ")
        && (message.contains("certificate") || message.contains("unknown_ca"));
  }
}
