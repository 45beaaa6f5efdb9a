#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ckks/context/context.hpp"
#include "ckks/random/stream.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

using Seed = std::array<std::uint8_t, 32>;

/// The uniform halves of a session's ciphertexts, from a public seed: the polynomial of ciphertext
/// `id` is read from AES-256-CTR under the seed with nonce `id`, limb after limb, and is taken as
/// values (a uniform polynomial is uniform in either form).
class MaskExpander {
 public:
  explicit MaskExpander(const Seed& seed) : key_(seed.data()) {}

  /// `out` is [limbs][degree].
  void expand(const Context& context, std::size_t limbs, std::uint64_t id, std::uint64_t* out) const;

 private:
  AesKey key_;
};

/// A ternary secret of one session, with the seed of its ciphertexts' public halves and the counter of
/// their ids, which it gives out once each. Safe for any number of threads; wiped on destruction.
class SecretKey {
 public:
  explicit SecretKey(const Context& context);

  const Context& context() const noexcept { return context_; }
  /// Values of s, [limbs][degree].
  const std::uint64_t* values(std::size_t limb) const noexcept {
    return values_.data() + limb * context_.degree();
  }
  const Seed& mask_seed() const noexcept { return mask_seed_; }
  const MaskExpander& masks() const noexcept { return masks_; }
  /// The first of `count` ciphertext ids that nobody else gets.
  std::uint64_t take_ids(std::uint64_t count) const noexcept {
    return next_id_.fetch_add(count, std::memory_order_relaxed);
  }
  /// Streams for errors, one per caller.
  RandomStream error_stream() const { return errors_.next(); }

 private:
  static Seed random_seed();

  const Context& context_;
  SecretWords values_;
  Seed mask_seed_;
  MaskExpander masks_;
  mutable std::atomic<std::uint64_t> next_id_{0};
  mutable RandomSource errors_;
};

/// The nonce of p1. No ciphertext has it as its id, so p1 is no mask even if both have one seed.
constexpr std::uint64_t kPublicKeyNonce = ~std::uint64_t{0};

/// A sample (p0, p1) with p0 = −p1·s + e, whose p1 comes from a seed that neither party chose alone.
/// It encrypts nothing but zero, for re-randomisation. Values, [limbs][degree]. Immutable.
class PublicKey {
 public:
  PublicKey(const SecretKey& secret, const Seed& seed);
  /// From a received p0, already checked to hold residues.
  PublicKey(const Context& context, Words p0, const Seed& seed);

  const Context& context() const noexcept { return context_; }
  const std::uint64_t* p0(std::size_t limb) const noexcept {
    return p0_.data() + limb * context_.degree();
  }
  const std::uint64_t* p1(std::size_t limb) const noexcept {
    return p1_.data() + limb * context_.degree();
  }

 private:
  static Words expand(const Context& context, const Seed& seed);

  const Context& context_;
  Words p0_;
  Words p1_;
};

}  // namespace tensafe::ckks
