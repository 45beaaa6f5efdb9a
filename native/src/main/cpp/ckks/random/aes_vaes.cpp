#if defined(__x86_64__)

#include <immintrin.h>

#include "ckks/random/aes.hpp"

namespace tensafe::ckks {

// Two blocks a register, eight registers at a time: the latency of a round is hidden by the others.
void aes_counter_vaes(const AesKey& key, std::uint64_t nonce, std::uint64_t counter, std::uint8_t* out,
                      std::size_t blocks) {
  constexpr std::size_t kRegisters = 8;
  const __m256i swap_counter = _mm256_broadcastsi128_si256(
      _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0));
  const long long nonce_word = static_cast<long long>(__builtin_bswap64(nonce));
  const __m256i two = _mm256_set_epi64x(2, 0, 2, 0);
  __m256i next = _mm256_set_epi64x(static_cast<long long>(counter + 1), nonce_word,
                                   static_cast<long long>(counter), nonce_word);
  const auto round_key = [&](int round) {
    return _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(key.rounds() + 16 * round)));
  };
  std::size_t i = 0;
  for (; i + 2 * kRegisters <= blocks; i += 2 * kRegisters) {
    __m256i state[kRegisters];
    const __m256i first = round_key(0);
    for (__m256i& s : state) {
      s = _mm256_xor_si256(_mm256_shuffle_epi8(next, swap_counter), first);
      next = _mm256_add_epi64(next, two);
    }
    for (int round = 1; round < 14; ++round) {
      const __m256i k = round_key(round);
      for (__m256i& s : state) s = _mm256_aesenc_epi128(s, k);
    }
    const __m256i last = round_key(14);
    for (std::size_t k = 0; k < kRegisters; ++k) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 16 * i) + k,
                          _mm256_aesenclast_epi128(state[k], last));
    }
  }
  if (i < blocks) aes_counter_ni(key, nonce, counter + i, out + 16 * i, blocks - i);
}

}  // namespace tensafe::ckks

#endif
