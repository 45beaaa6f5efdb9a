#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// A fresh encryption of zero, (p0·u, p1·u + e2) as values, [limbs][degree] each; e1 is added by the
/// user to the coefficients that travel. Used once, then overwritten or wiped.
struct ZeroEncryption {
  SecretWords c0;
  SecretWords c1;
};

/// Makes answers independent of the weights beyond what they decrypt to (docs/CKKS.md,
/// "Re-randomisation"): encryptions of zero under one session's public key, from a pool that can be
/// filled ahead or, when it is empty, made on the spot. Safe for any number of threads.
class Rerandomizer {
 public:
  Rerandomizer(const PublicKey& key, std::size_t capacity);
  ~Rerandomizer();

  const PublicKey& key() const noexcept { return key_; }
  /// Adds up to `count` to the pool, not beyond its capacity; how many were added.
  std::size_t fill(std::size_t count);
  std::size_t level() const;
  std::size_t capacity() const noexcept { return capacity_; }

  /// Adds one encryption of zero to (c0, c1), [limbs][degree] values each.
  void add_zero(std::uint64_t* c0, std::uint64_t* c1);

  RandomStream noise_stream() { return random_.next(); }

 private:
  std::unique_ptr<ZeroEncryption> blank();
  void make(ZeroEncryption& zero, RandomStream& stream) const;

  const PublicKey& key_;
  std::size_t capacity_;
  RandomSource random_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ZeroEncryption>> ready_;
  std::vector<std::unique_ptr<ZeroEncryption>> spent_;
};

}  // namespace tensafe::ckks
