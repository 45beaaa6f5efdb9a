#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ckks/random/aes.hpp"

namespace tensafe::ckks {

/// One key stream of AES-256-CTR, read front to back in whole blocks. Not shared between threads.
class RandomStream {
 public:
  RandomStream(const AesKey& key, std::uint64_t nonce) : key_(key), nonce_(nonce) {}

  /// `bytes` is a multiple of 16.
  void fill(void* out, std::size_t bytes) {
    aes_implementation().counter_mode(key_, nonce_, counter_, static_cast<std::uint8_t*>(out), bytes / 16);
    counter_ += bytes / 16;
  }

 private:
  const AesKey& key_;
  std::uint64_t nonce_;
  std::uint64_t counter_ = 0;
};

/// Fills `out` from the operating system's generator (getrandom). Throws kUnsupportedPlatform if it fails.
void system_random(void* out, std::size_t bytes);

/// A secret key from the operating system that hands out independent streams: every call of `next()`
/// takes a nonce of its own. Safe for any number of threads.
class RandomSource {
 public:
  RandomSource();

  RandomStream next() { return RandomStream(key_, nonce_.fetch_add(1, std::memory_order_relaxed)); }

 private:
  static AesKey system_key();

  AesKey key_;
  std::atomic<std::uint64_t> nonce_{0};
};

}  // namespace tensafe::ckks
