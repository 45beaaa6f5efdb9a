/**
 * CKKS without rotations: encrypt activations, evaluate inner products on them, decrypt. There is
 * no evaluation key of any kind here, so nothing can rotate or multiply two ciphertexts. The scheme
 * is explained in docs/CKKS.md.
 */
@NullMarked
package dev.tensafe.nativelib.ckks;

import org.jspecify.annotations.NullMarked;
