#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "ckks/ring/words.hpp"
#include "ckks/scheme/keys.hpp"

namespace tensafe::ckks {

/// What re-randomises one answer under any key of the session: rounded Gaussians u and u', and p1·u +
/// p1'·u', as values, [limbs][degree] each. That sum is an RLWE sample, p1'·(u·p1/p1' + u'), without an
/// error of its own that would be multiplied by s. Used once, then overwritten or wiped.
struct ZeroEncryption {
  SecretWords c1;
  SecretWords u[kSamples];
};

/// Draws u and u' and computes c1; `context` is the halves'.
void make_zero(const PublicHalves& halves, RandomStream& stream, std::uint64_t* c1,
               std::uint64_t* const (&u)[kSamples]);

/// Makes answers independent of the weights beyond what they decrypt to (docs/CKKS.md,
/// "Re-randomisation"): encryptions of zero under the keys of one session, from a pool that can be filled
/// ahead or, when it is empty, made on the spot. Safe for any number of threads.
class Rerandomizer {
 public:
  Rerandomizer(const PublicHalves& halves, std::size_t capacity);
  ~Rerandomizer();

  const PublicHalves& halves() const noexcept { return halves_; }
  /// Adds up to `count` to the pool, not beyond its capacity; how many were added.
  std::size_t fill(std::size_t count);
  std::size_t level() const;
  std::size_t capacity() const noexcept { return capacity_; }

  /// Adds one encryption of zero under a key over these halves, (p0·u + p0'·u', p1·u + p1'·u'), to (c0, c1),
  /// [limbs][degree] values each. An error e1 is still to be added to the coefficients that travel.
  void add_zero(const PublicKey& key, std::uint64_t* c0, std::uint64_t* c1);

  RandomStream noise_stream() { return random_.next(); }

 private:
  std::unique_ptr<ZeroEncryption> blank();
  void make(ZeroEncryption& zero, RandomStream& stream) const;

  const PublicHalves& halves_;
  std::size_t capacity_;
  RandomSource random_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ZeroEncryption>> ready_;
  std::vector<std::unique_ptr<ZeroEncryption>> spent_;
};

}  // namespace tensafe::ckks
