package dev.tensafe.server.openai;

import dev.tensafe.formats.CodedException;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;

/** Refused packages and unusable adapters in the API's terms: {@code adapter_<reason>}. */
final class AdapterErrors {
  /** The code of the forward pass for an adapter that no hook computes. */
  static final String NOT_COMPUTED = "adapter.unavailable";

  private AdapterErrors() {}

  static ApiException of(AdapterException error) {
    String text = error.description();
    return switch (error.reason()) {
      case NOT_FOUND -> new ApiException(404, "not_found_error", text, "model", code(error));
      case NAME_TAKEN -> new ApiException(409, "invalid_request_error", text, null, code(error));
      case TENANT_NOT_ALLOWED ->
          new ApiException(403, "permission_error", text, "model", code(error));
      case BUDGET_EXHAUSTED ->
          new ApiException(429, "rate_limit_error", text, "model", code(error));
      case MODE_UNSUPPORTED, TOO_LARGE -> ApiException.invalid(null, code(error), text);
      case UNAVAILABLE -> ApiException.unavailable(code(error), text);
      case STORAGE -> new ApiException(500, "server_error", text, null, code(error));
    };
  }

  static ApiException of(TsspException error) {
    String text = error.description();
    int status = status(error.reason());
    return switch (status) {
      case 403 -> new ApiException(403, "permission_error", text, null, code(error));
      // what cannot be read or written here is no concern of the client's
      case 500 ->
          new ApiException(500, "server_error", "the server's storage failed", null, code(error));
      default -> new ApiException(status, "invalid_request_error", text, null, code(error));
    };
  }

  private static int status(Reason reason) {
    return switch (reason) {
      case ISSUER_UNKNOWN,
          ISSUER_NOT_ALLOWED,
          ISSUER_REVOKED,
          ISSUER_MISMATCH,
          NAME_NOT_ALLOWED,
          PACKAGE_REVOKED,
          REVIEW_MISSING,
          SIGNATURE_INVALID ->
          403;
      case ROLLBACK, VERSION_REUSED -> 409;
      case IO,
          VERSIONS_UNUSABLE,
          TRUST_MALFORMED,
          TRUST_UNKNOWN_KEY,
          TRUST_NOT_REVOKED,
          TRUST_EXISTS,
          KEY_MALFORMED,
          KEY_PASSPHRASE_WRONG,
          KEY_PASSPHRASE_NEEDED,
          KEY_EXISTS ->
          500;
      default -> 400;
    };
  }

  /** {@code tssp.signature_invalid} is {@code adapter_signature_invalid} here. */
  private static String code(CodedException error) {
    return "adapter_" + error.code().substring(error.code().indexOf('.') + 1);
  }
}
