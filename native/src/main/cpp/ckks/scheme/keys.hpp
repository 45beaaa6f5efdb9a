#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "ckks/context/context.hpp"
#include "ckks/random/stream.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

using Seed = std::array<std::uint8_t, 32>;

/// The uniform halves of a session's ciphertexts, from a public seed: the polynomial of ciphertext
/// `id` is read from AES-256-CTR under the seed with nonce `id`, limb after limb, and is taken as
/// values (a uniform polynomial is uniform in either form). All keys of a session share them; under
/// one key an id is used once, which its holder sees to.
class MaskExpander {
 public:
  explicit MaskExpander(const Seed& seed) : key_(seed.data()) {}

  /// `out` is [limbs][degree].
  void expand(const Context& context, std::size_t limbs, std::uint64_t id, std::uint64_t* out) const;

 private:
  AesKey key_;
};

/// Samples of a public key. With one, an encryption of zero (p0·u, p1·u) would have no error in its
/// second half, and an error there would be multiplied by s.
constexpr std::size_t kSamples = 2;

/// The uniform polynomials p1 and p1' of all public keys of a session, from a seed that neither party
/// chose alone, with nonces 2^64 − 1 and 2^64 − 2. Values. Immutable.
class PublicHalves {
 public:
  PublicHalves(const Context& context, const Seed& seed);

  const Context& context() const noexcept { return context_; }
  const Seed& seed() const noexcept { return seed_; }
  const std::uint64_t* p1(std::size_t sample, std::size_t limb) const noexcept {
    return values_.data() + (sample * context_.limbs() + limb) * context_.degree();
  }

 private:
  const Context& context_;
  Seed seed_;
  Words values_;
};

/// How the coefficients of a secret are drawn, in the order of the Java enum SecretKind.
enum class SecretKind : int {
  kTernary = 0,  ///< from −1, 0, 1: for moduli that are switched, as the rounding multiplies s
  kUniform = 1,  ///< from all residues, drawn as values
};

/// The secret of one lane. All of it follows from a seed, read as AES-256-CTR: nonce 0 gives s, nonces
/// 1 and 2 the errors of its public key. The errors of encryptions do not. Safe for any number of
/// threads; wiped on destruction.
class SecretKey {
 public:
  SecretKey(const Context& context, SecretKind kind, const Seed& seed);

  const Context& context() const noexcept { return context_; }
  SecretKind kind() const noexcept { return kind_; }
  /// Values of s, [limbs][degree].
  const std::uint64_t* values(std::size_t limb) const noexcept {
    return values_.data() + limb * context_.degree();
  }
  /// What the kernels' products with s read beside it.
  const std::uint64_t* prepared(std::size_t limb) const noexcept {
    return prepared_.data() + limb * context_.degree();
  }
  /// Streams for errors of encryptions, one per caller.
  RandomStream error_stream() const { return errors_.next(); }

 private:
  friend class PublicKey;
  /// The error of a sample of the public key over these halves. Throws kInvalidArgument for any halves
  /// but the first: the difference of two keys with the same errors would be a multiple of s.
  RandomStream sample_stream(const PublicHalves& halves, std::size_t sample) const;

  const Context& context_;
  SecretKind kind_;
  AesKey seed_;
  SecretWords values_;
  SecretWords prepared_;
  mutable RandomSource errors_;
  mutable std::mutex mutex_;
  mutable std::optional<Seed> halves_;
};

/// Two samples (p0, p1), (p0', p1') with p0 = −p1·s + e. They encrypt nothing but zero, for
/// re-randomisation. Values. Immutable.
class PublicKey {
 public:
  PublicKey(const SecretKey& secret, const PublicHalves& halves);
  /// From received p0 and p0', [sample][limb][degree], already checked to hold residues.
  PublicKey(const PublicHalves& halves, Words p0);

  const Context& context() const noexcept { return halves_.context(); }
  const PublicHalves& halves() const noexcept { return halves_; }
  const std::uint64_t* p0(std::size_t sample, std::size_t limb) const noexcept {
    return p0_.data() + (sample * context().limbs() + limb) * context().degree();
  }
  /// What the kernels' products with p0 read beside it.
  const std::uint64_t* prepared(std::size_t sample, std::size_t limb) const noexcept {
    return prepared_.data() + (sample * context().limbs() + limb) * context().degree();
  }

 private:
  void prepare();

  const PublicHalves& halves_;
  Words p0_;
  Words prepared_;
};

}  // namespace tensafe::ckks
