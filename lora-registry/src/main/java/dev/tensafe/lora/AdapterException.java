package dev.tensafe.lora;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** An adapter that is refused, or that cannot be used now. Codes: {@code adapter.*}. */
public final class AdapterException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;

  public AdapterException(Reason reason, String message) {
    this(reason, message, null);
  }

  public AdapterException(Reason reason, String message, @Nullable Throwable cause) {
    super(reason.code(), message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** Why; the codes are stable. */
  public enum Reason {
    /** No adapter of that name is registered. */
    NOT_FOUND("adapter.not_found"),
    /** The name is the base model's, or belongs to another issuer. */
    NAME_TAKEN("adapter.name_taken"),
    /** The package's policy does not allow this tenant. */
    TENANT_NOT_ALLOWED("adapter.tenant_not_allowed"),
    /** The owner's budget of tokens is used up. */
    BUDGET_EXHAUSTED("adapter.budget_exhausted"),
    /** Packages of this mode are not served. */
    MODE_UNSUPPORTED("adapter.mode_unsupported"),
    /** It does not fit the memory for adapters. */
    TOO_LARGE("adapter.too_large"),
    /** It is registered, but cannot be used: expired, revoked, damaged. */
    UNAVAILABLE("adapter.unavailable"),
    /** The registry's directory cannot be used. */
    STORAGE("adapter.storage");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    public String code() {
      return code;
    }
  }
}
