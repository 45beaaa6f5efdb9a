#pragma once

#include <bit>
#include <cstddef>

#include "ckks/errors.hpp"

namespace tensafe::ckks {

/// Stride packing: a ciphertext carries `tokens` tokens of `columns(N)` input dimensions each and
/// answers `outputs` outputs, N = tokens·outputs·columns, all powers of two.
/// - Input: x[t][j] at coefficient t + T·S·j.
/// - Weights of outputs o < S: w[o][j] at exponent T·o − T·S·j, a negative one wrapping with a minus.
/// - Product: Σ_j x[t][j]·w[o][j] at coefficient t + T·o. (Cheetah, 2022; MOAI, 2025: S = 1, T = N.)
struct Packing {
  std::size_t tokens;
  std::size_t outputs;

  std::size_t columns(std::size_t degree) const noexcept { return degree / (tokens * outputs); }
};

inline void validate(const Packing& packing, std::size_t degree) {
  require(std::has_single_bit(packing.tokens) && std::has_single_bit(packing.outputs) &&
              packing.tokens <= degree && packing.outputs <= degree / packing.tokens,
          ErrorCode::kInvalidParameters, "packing: tokens and outputs must be powers of two with a product of "
                                         "at most the ring degree");
}

/// Largest sizes that anything here accepts; they bound every product of sizes below 2^53.
constexpr std::size_t kMaxTokens = std::size_t{1} << 16;
constexpr std::size_t kMaxColumns = std::size_t{1} << 20;
constexpr std::size_t kMaxRows = std::size_t{1} << 16;

/// Sizes of one batch of inputs under a packing.
struct InputShape {
  std::size_t tokens;   ///< m
  std::size_t columns;  ///< d
  Packing packing;

  std::size_t groups() const noexcept { return (tokens + packing.tokens - 1) / packing.tokens; }
  std::size_t blocks(std::size_t degree) const noexcept {
    const std::size_t c = packing.columns(degree);
    return (columns + c - 1) / c;
  }
  std::size_t ciphertexts(std::size_t degree) const noexcept { return groups() * blocks(degree); }
  std::size_t group_tokens(std::size_t group) const noexcept {
    const std::size_t rest = tokens - group * packing.tokens;
    return rest < packing.tokens ? rest : packing.tokens;
  }
};

inline void validate(const InputShape& shape, std::size_t degree) {
  validate(shape.packing, degree);
  require(shape.tokens >= 1 && shape.tokens <= kMaxTokens && shape.columns >= 1 &&
              shape.columns <= kMaxColumns,
          ErrorCode::kInvalidArgument, "inputs: tokens must be 1 to 65536 and columns 1 to 1048576");
}

/// Sizes of one batch of answers.
struct AnswerShape {
  std::size_t tokens;  ///< m
  std::size_t rows;    ///< r'
  Packing packing;

  std::size_t groups() const noexcept { return (tokens + packing.tokens - 1) / packing.tokens; }
  std::size_t ciphertexts_per_group() const noexcept {
    return (rows + packing.outputs - 1) / packing.outputs;
  }
  std::size_t group_tokens(std::size_t group) const noexcept {
    const std::size_t rest = tokens - group * packing.tokens;
    return rest < packing.tokens ? rest : packing.tokens;
  }
  std::size_t block_rows(std::size_t block) const noexcept {
    const std::size_t rest = rows - block * packing.outputs;
    return rest < packing.outputs ? rest : packing.outputs;
  }
  /// How many of the lowest coefficients hold everything wanted, as a power of two.
  std::size_t wanted(std::size_t group, std::size_t block) const noexcept {
    return std::bit_ceil(packing.tokens * (block_rows(block) - 1) + group_tokens(group));
  }
};

inline void validate(const AnswerShape& shape, std::size_t degree) {
  validate(shape.packing, degree);
  require(shape.tokens >= 1 && shape.tokens <= kMaxTokens && shape.rows >= 1 && shape.rows <= kMaxRows,
          ErrorCode::kInvalidArgument, "answers: tokens and rows must be 1 to 65536");
}

}  // namespace tensafe::ckks
