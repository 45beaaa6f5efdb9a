#pragma once

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>

// Eight numbers side by side in vectors of the size that is compiled for: loops over them give the same words
// everywhere. Sums of doubles go to eight lanes by index. Compilers widen numbers badly, so that is spelt out.

namespace tensafe::ckks {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif

template <typename T>
struct Lanes {
  static constexpr std::size_t kBytes = 8 * sizeof(T) < kVectorBytes ? 8 * sizeof(T) : kVectorBytes;
  static constexpr std::size_t kParts = 8 * sizeof(T) / kBytes;
  typedef T Part __attribute__((vector_size(kBytes)));
  typedef T Unaligned __attribute__((vector_size(kBytes), aligned(alignof(T)), may_alias));

  Part part[kParts];
};

#define TENSAFE_LANES(name, expression)                                        \
  template <typename T>                                                        \
  [[gnu::always_inline]] inline Lanes<T> name(const Lanes<T>& a, const Lanes<T>& b) { \
    Lanes<T> result;                                                           \
    _Pragma("GCC unroll 4") for (std::size_t i = 0; i < Lanes<T>::kParts; ++i) { \
      const auto x = a.part[i];                                                \
      const auto y = b.part[i];                                                \
      result.part[i] = expression;                                             \
    }                                                                          \
    return result;                                                             \
  }

TENSAFE_LANES(operator+, x + y)
TENSAFE_LANES(operator-, x - y)
TENSAFE_LANES(operator*, x * y)
TENSAFE_LANES(operator&, x & y)
TENSAFE_LANES(larger, x > y ? x : y)

#undef TENSAFE_LANES

template <typename T>
[[gnu::always_inline]] inline Lanes<T> all(T value) {
  Lanes<T> result;
#pragma GCC unroll 4
  for (auto& part : result.part) part = value - typename Lanes<T>::Part{};
  return result;
}

template <typename T>
[[gnu::always_inline]] inline Lanes<T> load_lanes(const T* from) {
  Lanes<T> result;
  const auto* parts = reinterpret_cast<const typename Lanes<T>::Unaligned*>(from);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Lanes<T>::kParts; ++i) result.part[i] = parts[i];
  return result;
}

template <typename T>
[[gnu::always_inline]] inline void store_lanes(T* to, const Lanes<T>& from) {
  auto* parts = reinterpret_cast<typename Lanes<T>::Unaligned*>(to);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Lanes<T>::kParts; ++i) parts[i] = from.part[i];
}

template <typename To, typename From>
[[gnu::always_inline]] inline Lanes<To> same_bits(const Lanes<From>& from) {
  static_assert(sizeof(To) == sizeof(From));
  Lanes<To> result;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Lanes<To>::kParts; ++i) {
    result.part[i] = (typename Lanes<To>::Part)from.part[i];
  }
  return result;
}

/// The numbers, and where they are negative more.
[[gnu::always_inline]] inline Lanes<std::int64_t> raise_negative(const Lanes<std::int64_t>& x, std::int64_t by) {
  Lanes<std::int64_t> result;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Lanes<std::int64_t>::kParts; ++i) {
    const auto raised = x.part[i] + (by - typename Lanes<std::int64_t>::Part{});
#if defined(__AVX512F__)
    // as unsigned numbers, negative ones are the larger
    result.part[i] = (Lanes<std::int64_t>::Part)_mm512_min_epu64((__m512i)x.part[i], (__m512i)raised);
#else
    result.part[i] = x.part[i] < 0 ? raised : x.part[i];
#endif
  }
  return result;
}

[[gnu::always_inline]] inline double sum_of(const Lanes<double>& lanes) {
  double x[8];
  store_lanes(x, lanes);
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

[[gnu::always_inline]] inline Lanes<double> widen(const Lanes<float>& from) {
  Lanes<double> result;
#if defined(__AVX512F__)
  result.part[0] = _mm512_cvtps_pd(from.part[0]);
#elif defined(__AVX2__)
  result.part[0] = _mm256_cvtps_pd(_mm256_castps256_ps128(from.part[0]));
  result.part[1] = _mm256_cvtps_pd(_mm256_extractf128_ps(from.part[0], 1));
#else
  for (int i = 0; i < 8; ++i) result.part[i / 2][i % 2] = static_cast<double>(from.part[i / 4][i % 4]);
#endif
  return result;
}

[[gnu::always_inline]] inline Lanes<double> widen(const std::int8_t* from) {
  Lanes<double> result;
#if defined(__AVX2__)
  const __m256i wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
#if defined(__AVX512F__)
  result.part[0] = _mm512_cvtepi32_pd(wide);
#else
  result.part[0] = _mm256_cvtepi32_pd(_mm256_castsi256_si128(wide));
  result.part[1] = _mm256_cvtepi32_pd(_mm256_extracti128_si256(wide, 1));
#endif
#else
  for (int i = 0; i < 8; ++i) result.part[i / 2][i % 2] = from[i];
#endif
  return result;
}

[[gnu::always_inline]] inline Lanes<std::int64_t> widen_to_words(const std::int8_t* from) {
  Lanes<std::int64_t> result;
#if defined(__AVX512F__)
  result.part[0] = (Lanes<std::int64_t>::Part)_mm512_cvtepi8_epi64(
      _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
#else
  constexpr int kEach = static_cast<int>(kVectorBytes / sizeof(std::int64_t));
#if defined(__AVX2__)
  for (int i = 0; i < 2; ++i) {
    std::int32_t four;
    __builtin_memcpy(&four, from + kEach * i, sizeof four);
    result.part[i] = (Lanes<std::int64_t>::Part)_mm256_cvtepi8_epi64(_mm_cvtsi32_si128(four));
  }
#else
  for (int i = 0; i < 8; ++i) result.part[i / kEach][i % kEach] = from[i];
#endif
#endif
  return result;
}

[[gnu::always_inline]] inline Lanes<double> widen(const std::int32_t* from) {
  Lanes<double> result;
#if defined(__AVX512F__)
  result.part[0] = _mm512_cvtepi32_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#elif defined(__AVX2__)
  for (int i = 0; i < 2; ++i) {
    result.part[i] = _mm256_cvtepi32_pd(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 4 * i)));
  }
#else
  for (int i = 0; i < 8; ++i) result.part[i / 2][i % 2] = from[i];
#endif
  return result;
}

/// Rounded to nearest.
[[gnu::always_inline]] inline Lanes<double> widen(const std::int64_t* from) {
  Lanes<double> result;
#if defined(__AVX512F__)
  result.part[0] = _mm512_cvtepi64_pd(_mm512_loadu_si512(from));
#else
  constexpr int kEach = static_cast<int>(kVectorBytes / sizeof(double));
  for (int i = 0; i < 8; ++i) result.part[i / kEach][i % kEach] = static_cast<double>(from[i]);
#endif
  return result;
}

/// sum + a·b where that is exact: fused or not, it is the same word.
[[gnu::always_inline]] inline void multiply_add_exact(Lanes<double>& sum, const Lanes<double>& a,
                                                      const Lanes<double>& b) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Lanes<double>::kParts; ++i) {
#if defined(__AVX512F__)
    sum.part[i] = _mm512_fmadd_pd(a.part[i], b.part[i], sum.part[i]);
#elif defined(__FMA__)
    sum.part[i] = _mm256_fmadd_pd(a.part[i], b.part[i], sum.part[i]);
#else
    sum.part[i] += a.part[i] * b.part[i];
#endif
  }
}

}  // namespace
}  // namespace tensafe::ckks
