#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// A polynomial with integer coefficients as values in one or two limbs, [limbs][degree]. Wiped.
class Plaintext {
 public:
  /// `coefficients` is [degree], each below 2^62 in magnitude.
  Plaintext(const Context& context, std::size_t limbs, const std::int64_t* coefficients);

  const Context& context() const noexcept { return context_; }
  std::size_t limbs() const noexcept { return limbs_; }
  const std::uint64_t* values(std::size_t limb) const noexcept {
    return values_.data() + limb * context_.degree();
  }

 private:
  const Context& context_;
  std::size_t limbs_;
  SecretWords values_;
};

/// A general RLWE ciphertext (c0, c1) as values, [limbs][degree] each; c0 + c1·s is the plaintext and
/// an error. There is no product of ciphertexts and no rotation, hence no evaluation key. Immutable:
/// every operation gives a new one.
class Ciphertext {
 public:
  /// Seeded: c1 is the mask of an id that was never used under this key.
  static Ciphertext encrypt(const SecretKey& key, const MaskExpander& masks, std::uint64_t id,
                            const Plaintext& plaintext);
  /// An encryption of zero under a public key, (p0·u + p0'·u' + e1, p1·u + p1'·u').
  static Ciphertext encrypt_zero(const PublicKey& key, RandomSource& random);
  /// Reads kind kCiphertext, or kSeeded with the masks of its session; throws kMalformedMessage.
  static Ciphertext read(const Context& context, std::span<const std::uint8_t> message);
  static Ciphertext read_seeded(const Context& context, const MaskExpander& masks,
                                std::span<const std::uint8_t> message);

  const Context& context() const noexcept { return context_; }
  std::size_t limbs() const noexcept { return limbs_; }
  const std::uint64_t* c0(std::size_t limb) const noexcept { return c0_.data() + limb * context_.degree(); }
  const std::uint64_t* c1(std::size_t limb) const noexcept { return c1_.data() + limb * context_.degree(); }
  /// The id of a ciphertext that nothing was done to since it was encrypted under a secret key.
  std::optional<std::uint64_t> id() const noexcept { return id_; }

  Ciphertext add(const Ciphertext& other) const;
  Ciphertext multiply(const Plaintext& plaintext) const;
  /// Divides the plaintext by the second prime, rounded; two limbs become one.
  Ciphertext rescale() const;
  /// Keeps the plaintext and reduces it modulo the first prime; two limbs become one.
  Ciphertext drop_limb() const;

  /// Residues of the lowest `count` coefficients of c0 + c1·s, [limbs][count]; count is a power of two.
  /// Throws kInvalidArgument for a rescaled one under a uniform secret, which multiplies its rounding.
  void decrypt(const SecretKey& key, std::size_t count, std::uint64_t* out) const;

  std::size_t message_bytes(bool seeded) const;
  void write(bool seeded, std::uint8_t* out) const;

 private:
  Ciphertext(const Context& context, std::size_t limbs);

  const Context& context_;
  std::size_t limbs_;
  Words c0_;
  Words c1_;
  std::optional<std::uint64_t> id_;
  bool rescaled_ = false;
};

}  // namespace tensafe::ckks
