package dev.tensafe.nativelib.decoder;

/**
 * In which order a product of bfloat16 numbers is added up. Every set of kernels knows both, and
 * gives the same bits for each; the two differ in the last bits.
 */
public enum ProductOrder {
  /** One chain over all inputs, two at a time, as vectors of AVX-512 do it. */
  PAIRS(0),
  /** Two chains over each 32 inputs, as tiles of AMX do it. */
  TILES(1);

  // the native side's number
  private final int id;

  ProductOrder(int id) {
    this.id = id;
  }

  int id() {
    return id;
  }
}
