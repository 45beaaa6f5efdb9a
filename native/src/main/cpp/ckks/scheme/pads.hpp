#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/scheme/keys.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/scheme/weights.hpp"

namespace tensafe::ckks {

// Pads: everything of an encrypted inner product that does not depend on the input, made ahead.
// docs/CKKS.md, "Pads". With the packing (T, 1) the wanted coefficient t of a product is an inner
// product of coefficients, Σ_j b[t + T·j]·W[k][j], so a token needs only its own d coefficients of the
// body b = −a·s + e + m; the c1 of its answer does not depend on m at all. One limb.

/// Groups of T tokens in a block: one multiply-accumulate works on two polynomials at a time.
constexpr std::size_t kPadGroups = 2;

/// Bytes that make a block ready: c1 of every group and row.
std::size_t pad_message_bytes(const Context& context, std::size_t rows);
/// Bytes of `count` tokens of `width` residues each, every token from a byte of its own on.
std::size_t pad_token_bytes(const Context& context, std::size_t count, std::size_t width);

/// The model host's half of a block: masked errors for the inputs of 2T tokens and, once they have come,
/// what their answers are masked with. A position is used once and wiped. One thread at a time.
class InputPads {
 public:
  /// Takes 2·⌈columns/(N/T)⌉ ciphertext ids of the key.
  InputPads(const SecretKey& key, std::size_t tokens, std::size_t columns, std::size_t rows);

  std::size_t positions() const noexcept { return kPadGroups * tokens_; }
  std::uint64_t first_id() const noexcept { return first_id_; }
  /// Reads the message that AnswerPads wrote; throws kMalformedMessage.
  void absorb(std::span<const std::uint8_t> message);
  /// Encrypts tokens at the positions from `first` on, which are past all that were used.
  /// `magnitudes` [count], `out` pad_token_bytes(count, columns).
  void encrypt(std::size_t first, std::size_t count, const InputValues& values, double* magnitudes,
               std::uint8_t* out);
  /// Decrypts their answers, [count][rows], as decrypt_answers; row_scales may be null.
  void decrypt(std::size_t first, std::size_t count, std::span<const std::uint8_t> message,
               const double* token_scales, const double* row_scales, double* out);

 private:
  const SecretKey& key_;
  std::size_t tokens_;
  std::size_t columns_;
  std::size_t rows_;
  std::uint64_t first_id_;
  std::size_t next_ = 0;
  bool absorbed_ = false;
  SecretWords inputs_;   ///< [position][column]
  SecretWords answers_;  ///< [position][row]
};

/// Integer weights as doubles, for exact inner products with 25-bit digits. Wiped on destruction.
class DotWeights {
 public:
  /// Throws kInvalidArgument if a row's 1-norm is 2^27 or more: sums would not be exact.
  DotWeights(const std::int32_t* matrix, std::size_t rows, std::size_t columns);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  std::size_t stride() const noexcept { return stride_; }
  const double* data() const noexcept { return values_.data(); }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::size_t stride_;
  AlignedArray<double, true> values_;
};

/// The adapter host's half of a block: the re-randomisation of the answers to 2T tokens. A position is
/// answered once: two answers with one mask would give the weights away. One thread at a time.
class AnswerPads {
 public:
  /// `weights` has the packing (T, 1). Writes pad_message_bytes.
  AnswerPads(const MaskExpander& masks, const Weights& weights, Rerandomizer& rerandomizer,
             std::uint64_t first_id, std::uint8_t* message);

  /// Answers tokens at the positions from `first` on, which are past all that were answered.
  /// Throws kMalformedMessage. `out` is pad_token_bytes(count, rows).
  void evaluate(const DotWeights& weights, std::size_t first, std::size_t count,
                std::span<const std::uint8_t> message, std::uint8_t* out);

  std::size_t positions() const noexcept { return kPadGroups * tokens_; }

 private:
  const Context& context_;
  std::size_t tokens_;
  std::size_t columns_;
  std::size_t rows_;
  std::size_t next_ = 0;
  SecretWords noise_;  ///< [position][row]
};

}  // namespace tensafe::ckks
