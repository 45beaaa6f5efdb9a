#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// The adapter host's side of one tag: the encrypted constants, and a chunk of columns being filled. One
/// thread.
class TagAnswer {
 public:
  /// Reads what TagRequest wrote. Throws kMalformedMessage.
  TagAnswer(const Context& context, std::size_t rows, std::span<const std::uint8_t> message);

  /// Puts columns of a matrix into the chunk: `count` of them from `first` on, to coefficient `at` on.
  /// `matrix` is [rows][columns]; it may have fewer rows than the tag.
  void put(const std::int32_t* matrix, std::size_t rows, std::size_t columns, std::size_t first, std::size_t count,
           std::size_t at);

  /// Writes Σ_k Enc(r_k)·w_k for the chunk, re-randomised under the request's public key and flooded;
  /// tag_chunk_bytes(columns). The chunk is empty afterwards.
  void write(const PublicKey& key, std::size_t columns, Protection protection, std::uint8_t* out);

 private:
  const Context& context_;
  std::size_t rows_;
  Words constants_;                               ///< [row][limb][b, a][degree] values
  AlignedArray<std::int64_t, true> coefficients_;  ///< [row][degree]
  RandomSource random_;
};

}  // namespace tensafe::ckks
