package dev.tensafe.he;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A failure between model host and adapter host. Messages hold no keys and no numbers. */
public final class HeException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public HeException(Reason reason, String message) {
    this(reason, message, null);
  }

  public HeException(Reason reason, String message, @Nullable Throwable cause) {
    super(reason.code, message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** The reason; its code is stable. */
  public enum Reason {
    /** A malformed address. */
    ADDRESS("he.address"),
    /** Certificates or keys of the connection cannot be used. */
    TLS("he.tls"),
    /** The other side does not speak this protocol, or breaks it. */
    PROTOCOL("he.protocol"),
    /** The connection failed or ended. */
    CONNECTION("he.connection"),
    /** No answer within the configured time. */
    TIMEOUT("he.timeout"),
    /** An answer that cannot be right. */
    ANSWER("he.answer"),
    /** The adapter host refuses this adapter. */
    REFUSED("he.refused"),
    /** One of the two hosts has barred the other, for what it did. */
    BARRED("he.barred"),
    /** The directory of the adapter host cannot be used. */
    STORAGE("he.storage");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }
}
