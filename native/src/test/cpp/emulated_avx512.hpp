#pragma once

// Plain C++ of the same meaning as the AVX-512 intrinsics that ckks/kernels/avx512*.hpp and avx512ifma.cpp use, after
// Intel's Intrinsics Guide. Test code only.

#include <cmath>
#include <cstdint>
#include <cstring>

struct EmulatedVector {
  std::uint64_t lane[8];
};
#define __m512i EmulatedVector

__extension__ typedef unsigned __int128 EmulatedWide;

template <typename F>
static inline EmulatedVector emulate(F f) {
  EmulatedVector r;
  for (int i = 0; i < 8; ++i) r.lane[i] = f(i);
  return r;
}

static inline EmulatedVector _mm512_set1_epi64(long long x) {
  return emulate([&](int) { return static_cast<std::uint64_t>(x); });
}
static inline EmulatedVector _mm512_setzero_si512() { return _mm512_set1_epi64(0); }
static inline EmulatedVector _mm512_set_epi64(int h, int g, int f, int e, int d, int c, int b, int a) {
  const int all[8] = {a, b, c, d, e, f, g, h};
  return emulate([&](int i) { return static_cast<std::uint64_t>(all[i]); });
}
static inline EmulatedVector _mm512_loadu_si512(const void* at) {
  EmulatedVector r;
  std::memcpy(&r, at, sizeof r);
  return r;
}
static inline EmulatedVector _mm512_load_si512(const void* at) {
  if (reinterpret_cast<std::uintptr_t>(at) % 64 != 0) __builtin_trap();
  return _mm512_loadu_si512(at);
}
static inline EmulatedVector _mm512_maskz_loadu_epi64(unsigned mask, const void* at) {
  const std::uint64_t* words = static_cast<const std::uint64_t*>(at);
  return emulate([&](int i) { return (mask >> i & 1) != 0 ? words[i] : std::uint64_t{0}; });
}
static inline void _mm512_store_si512(void* at, EmulatedVector x) {
  if (reinterpret_cast<std::uintptr_t>(at) % 64 != 0) __builtin_trap();
  std::memcpy(at, &x, sizeof x);
}
static inline EmulatedVector _mm512_add_epi64(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return a.lane[i] + b.lane[i]; });
}
static inline EmulatedVector _mm512_sub_epi64(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return a.lane[i] - b.lane[i]; });
}
static inline EmulatedVector _mm512_and_si512(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return a.lane[i] & b.lane[i]; });
}
static inline EmulatedVector _mm512_min_epu64(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
static inline EmulatedVector _mm512_srli_epi64(EmulatedVector a, unsigned count) {
  return emulate([&](int i) { return a.lane[i] >> count; });
}
static inline EmulatedVector _mm512_srai_epi64(EmulatedVector a, unsigned count) {
  return emulate([&](int i) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(a.lane[i]) >> count);
  });
}
static inline EmulatedVector _mm512_xor_si512(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return a.lane[i] ^ b.lane[i]; });
}
static inline void _mm512_storeu_si512(void* at, EmulatedVector x) { std::memcpy(at, &x, sizeof x); }

struct EmulatedDoubles {
  double lane[8];
};
static inline EmulatedDoubles _mm512_loadu_pd(const double* at) {
  EmulatedDoubles r;
  std::memcpy(&r, at, sizeof r);
  return r;
}
static inline EmulatedVector _mm512_cvtpd_epi64(EmulatedDoubles a) {
  return emulate([&](int i) { return static_cast<std::uint64_t>(std::llrint(a.lane[i])); });
}

static inline EmulatedDoubles _mm512_set1_pd(double x) {
  EmulatedDoubles r;
  for (double& lane : r.lane) lane = x;
  return r;
}
static inline EmulatedDoubles _mm512_mul_pd(EmulatedDoubles a, EmulatedDoubles b) {
  for (int i = 0; i < 8; ++i) a.lane[i] *= b.lane[i];
  return a;
}
static inline EmulatedDoubles _mm512_cvtepi64_pd(EmulatedVector a) {
  EmulatedDoubles r;
  for (int i = 0; i < 8; ++i) r.lane[i] = static_cast<double>(static_cast<std::int64_t>(a.lane[i]));
  return r;
}

struct EmulatedBytes {
  std::int8_t lane[16];
};
#define __m128i EmulatedBytes
static inline EmulatedBytes _mm_loadl_epi64(const EmulatedBytes* at) {
  EmulatedBytes r = {};
  std::memcpy(&r, at, 8);
  return r;
}
static inline EmulatedVector _mm512_cvtepi8_epi64(EmulatedBytes a) {
  return emulate([&](int i) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(a.lane[i])); });
}
static inline EmulatedWide emulated_product(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t low52 = (std::uint64_t{1} << 52) - 1;
  return static_cast<EmulatedWide>(a & low52) * (b & low52);
}
static inline EmulatedVector _mm512_madd52lo_epu64(EmulatedVector sum, EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) {
    const std::uint64_t low52 = (std::uint64_t{1} << 52) - 1;
    return sum.lane[i] + (static_cast<std::uint64_t>(emulated_product(a.lane[i], b.lane[i])) & low52);
  });
}
static inline EmulatedVector _mm512_madd52hi_epu64(EmulatedVector sum, EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) {
    return sum.lane[i] + static_cast<std::uint64_t>(emulated_product(a.lane[i], b.lane[i]) >> 52);
  });
}
static inline EmulatedVector _mm512_unpacklo_epi64(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return i % 2 == 0 ? a.lane[i] : b.lane[i - 1]; });
}
static inline EmulatedVector _mm512_unpackhi_epi64(EmulatedVector a, EmulatedVector b) {
  return emulate([&](int i) { return i % 2 == 0 ? a.lane[i + 1] : b.lane[i]; });
}
static inline EmulatedVector _mm512_shuffle_i64x2(EmulatedVector a, EmulatedVector b, unsigned control) {
  return emulate([&](int i) {
    const int pair = i / 2;
    const unsigned from = control >> (2 * pair) & 3;
    return (pair < 2 ? a : b).lane[2 * from + static_cast<unsigned>(i % 2)];
  });
}
static inline EmulatedVector _mm512_permutexvar_epi64(EmulatedVector index, EmulatedVector a) {
  return emulate([&](int i) { return a.lane[index.lane[i] & 7]; });
}
