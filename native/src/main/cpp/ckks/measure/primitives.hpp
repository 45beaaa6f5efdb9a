#pragma once

#include <cstddef>

#include "ckks/context/context.hpp"

namespace tensafe::ckks {

/// What can be timed by itself, in the order of the Java enum Primitive. Units in the comment.
enum class Primitive : int {
  kForwardTransform = 0,   ///< seconds per polynomial of one limb
  kInverseTransform = 1,   ///< the same
  kPointwiseMultiply = 2,  ///< the same
  kUniform = 3,            ///< seconds per polynomial of uniform residues from AES-256-CTR
  kGaussian = 4,           ///< seconds per polynomial of errors
  kEncrypt = 5,            ///< seconds per ciphertext, all limbs, packed message included
  kReceive = 6,            ///< seconds per ciphertext: unpack, expand the mask, lay out in tiles
  kAccumulateShared = 7,   ///< seconds per multiply-accumulate of residues, weights shared by a tile
  kAccumulateDistinct = 8, ///< the same, one weight per value
  kZeroEncryption = 9,     ///< seconds per encryption of zero (refill of the pool)
  kAnswer = 10,            ///< seconds per answer from the pool: add, invert, switch, pack
  kDecrypt = 11,           ///< seconds per answer with one wanted coefficient
};

/// Median over `repetitions` timed runs (CPU time of the calling thread) of one primitive. Each run
/// takes about a tenth of a millisecond.
double measure(const Context& context, Primitive primitive, int repetitions);

}  // namespace tensafe::ckks
