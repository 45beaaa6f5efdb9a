#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cpu.hpp"
#include "base/memory.hpp"

namespace tensafe::ckks {

/// The key schedule of AES-256 (FIPS 197), 15 round keys. Wiped on destruction.
class AesKey {
 public:
  /// `key` is 32 bytes.
  explicit AesKey(const std::uint8_t* key);
  AesKey(const AesKey&) = default;
  AesKey& operator=(const AesKey&) = default;
  ~AesKey() { base::secure_wipe(rounds_, sizeof rounds_); }

  const std::uint8_t* rounds() const noexcept { return rounds_; }

 private:
  alignas(64) std::uint8_t rounds_[15 * 16];
};

/// Writes `blocks` blocks of the AES-256-CTR key stream (NIST SP 800-38A): the counter block is
/// `nonce` then `counter`, both 64-bit big-endian, the counter going up by one a block.
using AesCounterFunction = void (*)(const AesKey& key, std::uint64_t nonce, std::uint64_t counter,
                                    std::uint8_t* out, std::size_t blocks);

/// One way to compute it. No table look-ups in any.
struct AesImplementation {
  const char* name;
  base::FeatureSet needs;
  AesCounterFunction counter_mode;
};

/// All of them, from slow to fast: "portable", "aes-ni", "vaes".
std::span<const AesImplementation> aes_implementations();

/// The fastest one that this process may run; see base/dispatch.hpp.
const AesImplementation& aes_implementation();

void aes_counter_portable(const AesKey& key, std::uint64_t nonce, std::uint64_t counter, std::uint8_t* out,
                          std::size_t blocks);
#if defined(__x86_64__)
void aes_counter_ni(const AesKey& key, std::uint64_t nonce, std::uint64_t counter, std::uint8_t* out,
                    std::size_t blocks);
void aes_counter_vaes(const AesKey& key, std::uint64_t nonce, std::uint64_t counter, std::uint8_t* out,
                      std::size_t blocks);
#endif

}  // namespace tensafe::ckks
