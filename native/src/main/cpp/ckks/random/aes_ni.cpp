#if defined(__x86_64__)

#include <immintrin.h>

#include "ckks/random/aes.hpp"

namespace tensafe::ckks {

void aes_counter_ni(const AesKey& key, std::uint64_t nonce, std::uint64_t counter, std::uint8_t* out,
                    std::size_t blocks) {
  constexpr std::size_t kWide = 8;
  __m128i rounds[15];
  for (int i = 0; i < 15; ++i) {
    rounds[i] = _mm_load_si128(reinterpret_cast<const __m128i*>(key.rounds() + 16 * i));
  }
  const auto counter_block = [&](std::uint64_t at) {
    return _mm_set_epi64x(static_cast<long long>(__builtin_bswap64(at)),
                          static_cast<long long>(__builtin_bswap64(nonce)));
  };
  __m128i* to = reinterpret_cast<__m128i*>(out);
  std::size_t i = 0;
  for (; i + kWide <= blocks; i += kWide) {
    __m128i state[kWide];
    for (std::size_t k = 0; k < kWide; ++k) {
      state[k] = _mm_xor_si128(counter_block(counter + i + k), rounds[0]);
    }
    for (int round = 1; round < 14; ++round) {
      for (__m128i& s : state) s = _mm_aesenc_si128(s, rounds[round]);
    }
    for (std::size_t k = 0; k < kWide; ++k) {
      _mm_storeu_si128(to + i + k, _mm_aesenclast_si128(state[k], rounds[14]));
    }
  }
  for (; i < blocks; ++i) {
    __m128i s = _mm_xor_si128(counter_block(counter + i), rounds[0]);
    for (int round = 1; round < 14; ++round) s = _mm_aesenc_si128(s, rounds[round]);
    _mm_storeu_si128(to + i, _mm_aesenclast_si128(s, rounds[14]));
  }
}

}  // namespace tensafe::ckks

#endif
