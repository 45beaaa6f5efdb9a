package dev.tensafe.server.wire;

/** Why the bytes of a connection are no request: a status, a stable code, a reason. */
final class WireFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  WireFault(int status, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  /** 400 with a code; the message quotes nothing that came. */
  static WireFault bad(String code, String message) {
    return new WireFault(400, code, message);
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
