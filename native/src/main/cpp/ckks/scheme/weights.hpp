#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/context/context.hpp"
#include "ckks/context/packing.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// An integer matrix in compact transformed form for one packing: the polynomial of a block of S rows
/// is one in X^T, so its transform has N/T distinct values, each T times in a row; rows·columns words
/// in all (padding aside). Wiped on destruction: it is the adapter owner's secret. Immutable.
///
/// Layout: [limb][place][row block of up to 4 answers][input block][row][distinct], where a place is a
/// tile (T < 8, distinct = 8/T values) or a value shared by T/8 tiles (distinct = 1).
class Weights {
 public:
  /// `matrix` is [rows][columns], row-major.
  Weights(const Context& context, const std::int32_t* matrix, std::size_t rows, std::size_t columns,
          const Packing& packing);

  const Context& context() const noexcept { return context_; }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  const Packing& packing() const noexcept { return packing_; }
  /// Answer ciphertexts per group of tokens, ⌈rows/S⌉.
  std::size_t answers() const noexcept { return answers_; }
  std::size_t distinct() const noexcept { return distinct_; }
  std::size_t bytes() const noexcept { return values_.size() * sizeof(std::uint64_t); }

  /// Answers that are computed together, starting with answer `first`: 4, 2 or 1.
  std::size_t rows_together(std::size_t first) const noexcept {
    const std::size_t rest = answers_ - first;
    return rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
  }
  /// [input block][rows_together(first)][distinct] for a tile.
  const std::uint64_t* values(std::size_t limb, std::size_t tile, std::size_t first) const noexcept;

 private:
  std::size_t places() const noexcept;
  std::size_t first_together(std::size_t answer) const noexcept;

  const Context& context_;
  std::size_t rows_;
  std::size_t columns_;
  Packing packing_;
  std::size_t answers_;
  std::size_t blocks_;
  std::size_t distinct_;
  SecretWords values_;
};

}  // namespace tensafe::ckks
