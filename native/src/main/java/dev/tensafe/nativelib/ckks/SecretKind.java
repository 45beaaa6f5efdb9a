package dev.tensafe.nativelib.ckks;

/** How the coefficients of a secret are drawn. */
public enum SecretKind {
  /** From −1, 0 and 1: needed where a modulus is switched, whose rounding multiplies the secret. */
  TERNARY(0),
  /** From all residues: no coefficient is small, so none can be found by trying. */
  UNIFORM(1);

  private final int id;

  SecretKind(int id) {
    this.id = id;
  }

  /** The native side's number for it. */
  int id() {
    return id;
  }
}
