#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

// The set-up of a tag (docs/CKKS.md, "Tag"): the model host encrypts secret constants r_k, the adapter
// host answers with the coefficients of Σ_k r_k·w_k(X), w_k the columns of row k in all groups one behind
// the other, cut into chunks of N. Two limbs leave so much room that the answer is exact.

/// |r| is at least 2^14 and below 2^15.
constexpr int kTagConstantBits = 15;
/// Exponents of the scale of the constants that an answer is exact under, flood and errors included.
constexpr int kMinTagScaleBits = 54;
constexpr int kMaxTagScaleBits = 83;

/// Bytes of the constants of so many rows: a seed of masks, and a message of kind kTagConstants.
std::size_t tag_constants_bytes(const Context& context, std::size_t rows);
/// Bytes of a chunk that holds so many columns: c1 of every limb, then as many coefficients of c0.
std::size_t tag_chunk_bytes(const Context& context, std::size_t columns);

/// The model host's side of one tag: constants of its own drawing, and their encryptions. Wiped on
/// destruction. Immutable.
class TagRequest {
 public:
  /// Draws the constants of `rows` rows. Throws kInvalidParameters for a ring without two limbs.
  TagRequest(const Context& context, std::size_t rows, int scale_bits);

  std::size_t rows() const noexcept { return constants_.size(); }
  std::span<const std::int64_t> constants() const noexcept { return {constants_.data(), constants_.size()}; }

  /// Encrypts the constants under a key of kind kUniform that is used for nothing else;
  /// tag_constants_bytes.
  void write(const SecretKey& key, std::uint8_t* out) const;

  /// Decrypts chunks that hold `columns` columns in all, every chunk but the last a full one. Returns the
  /// largest distance of a coefficient from a multiple of the scale. Throws
  /// kMalformedMessage for another length, and for a distance above 1.01·2^52: an honest one is the flood, at
  /// most 2^52, and the errors of the constants times the weights, below 2^40 for all weights that such a scale
  /// is for. The time does not depend on the numbers.
  double read(const SecretKey& key, std::span<const std::uint8_t> chunks, std::size_t columns,
            std::int64_t* out) const;

 private:
  void require_key(const SecretKey& key) const;

  const Context& context_;
  int scale_bits_;
  AlignedArray<std::int64_t, true> constants_;
};

}  // namespace tensafe::ckks
