#pragma once

// The tests also compile this with the intrinsics replaced by plain C++ of the same meaning, so that
// its logic is proven on machines without the instructions.
#ifdef TENSAFE_EMULATED_AVX512
#include "emulated_avx512.hpp"
#else
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>

#include "ckks/ring/modulus.hpp"

// 52-bit integer products: madd52lo and madd52hi add the low and high 52 bits of a 104-bit product.
// Lazy butterflies in the manner of Harvey (2014) with 52-bit Shoup quotients, as in Boemer et al.,
// "Intel HEXL", 2021, section 3: q < 2^50, so 4q fits 52 bits.

namespace tensafe::ckks {
namespace {

using Vector = __m512i;

constexpr std::uint64_t kLow52 = (std::uint64_t{1} << 52) - 1;

Vector broadcast(std::uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
Vector load(const std::uint64_t* at) { return _mm512_load_si512(at); }
void store(std::uint64_t* at, Vector x) { _mm512_store_si512(at, x); }
Vector add(Vector a, Vector b) { return _mm512_add_epi64(a, b); }
Vector subtract(Vector a, Vector b) { return _mm512_sub_epi64(a, b); }
Vector product_low(Vector sum, Vector a, Vector b) { return _mm512_madd52lo_epu64(sum, a, b); }
Vector product_high(Vector sum, Vector a, Vector b) { return _mm512_madd52hi_epu64(sum, a, b); }
/// x − bound where that is not negative, else x: a wrapped difference is the larger unsigned number.
Vector reduce_once(Vector x, Vector bound) { return _mm512_min_epu64(x, subtract(x, bound)); }

struct Constants {
  Vector q;
  Vector minus_q;
  Vector two_q;
  Vector low52;
  Vector zero;
};

Constants constants(const Modulus& m) {
  return {broadcast(m.value), broadcast(kLow52 + 1 - m.value), broadcast(2 * m.value),
          broadcast(kLow52), _mm512_setzero_si512()};
}

struct Factor {
  Vector w;
  Vector shoup;
};

Factor factor(std::uint64_t w, std::uint64_t shoup) { return {broadcast(w), broadcast(shoup)}; }

/// A constant with its quotient computed here.
Factor factor(std::uint64_t w, const Modulus& m) {
  return factor(w, static_cast<std::uint64_t>((static_cast<uint128>(w) << 52) / m.value));
}

/// y·w mod q in [0, 2q) for y < 2^52.
Vector multiply_lazy(Vector y, const Factor& f, const Constants& m) {
  const Vector quotient = product_high(m.zero, y, f.shoup);
  // minus quotient·q modulo 2^52, as an addition of quotient·(2^52 − q)
  const Vector difference = product_low(product_low(m.zero, y, f.w), quotient, m.minus_q);
  return _mm512_and_si512(difference, m.low52);
}

struct Barrett {
  Factor one;            ///< reduces 52 bits to [0, 2q)
  Factor two_pow_52;
  Factor two_pow_104;
};

Barrett barrett(const Modulus& q) {
  return {factor(1, q.one_shoup52), factor(q.two_pow_52, q.two_pow_52_shoup52),
          factor(q.two_pow_104, q.two_pow_104_shoup52)};
}

/// low + 2^52·high mod q in [0, q) for low, high < 2^52.
Vector reduce_product(Vector low, Vector high, const Barrett& b, const Constants& m) {
  const Vector sum = add(multiply_lazy(low, b.one, m), multiply_lazy(high, b.two_pow_52, m));
  return reduce_once(reduce_once(sum, m.two_q), m.q);
}

// Low parts below 2^52: 2^11 of them stay below 2^63.
constexpr std::size_t kMaxBlocks = std::size_t{1} << 11;

/// low + 2^52·high mod q for sums of up to kMaxBlocks products.
Vector reduce_sums(Vector low, Vector high, const Barrett& b, const Constants& m) {
  const Vector carried = add(high, _mm512_srli_epi64(low, 52));
  const Vector sum = add(add(multiply_lazy(_mm512_and_si512(low, m.low52), b.one, m),
                             multiply_lazy(_mm512_and_si512(carried, m.low52), b.two_pow_52, m)),
                         multiply_lazy(_mm512_srli_epi64(carried, 52), b.two_pow_104, m));
  return reduce_once(reduce_once(reduce_once(sum, add(m.two_q, m.two_q)), m.two_q), m.q);
}

// High parts of products of residues are below 2^48: so many of them, with what the low parts carry, are below 2^52.
constexpr std::size_t kFewBlocks = 15;

/// The same for up to kFewBlocks products.
Vector reduce_few_sums(Vector low, Vector high, const Barrett& b, const Constants& m) {
  return reduce_product(_mm512_and_si512(low, m.low52), add(high, _mm512_srli_epi64(low, 52)), b, m);
}

}  // namespace
}  // namespace tensafe::ckks
