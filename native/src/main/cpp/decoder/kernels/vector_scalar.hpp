#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/numbers.hpp"

// Sixteen lanes in plain C++: the set that runs on any processor. Every operation rounds once, as the
// instructions of the other sets do.

namespace tensafe::decoder {
namespace {

struct Vec {
  float lane[16];
};

template <typename Lane>
inline Vec each(Lane lane) {
  Vec out;
  for (int i = 0; i < 16; ++i) out.lane[i] = lane(i);
  return out;
}

inline Vec load(const float* at) {
  Vec out;
  std::memcpy(out.lane, at, sizeof out.lane);
  return out;
}
inline void store(float* at, const Vec& v) { std::memcpy(at, v.lane, sizeof v.lane); }
inline Vec all(float value) {
  return each([&](int) { return value; });
}
inline Vec zero() { return all(0.0f); }
inline Vec operator+(const Vec& a, const Vec& b) {
  return each([&](int i) { return a.lane[i] + b.lane[i]; });
}
inline Vec operator-(const Vec& a, const Vec& b) {
  return each([&](int i) { return a.lane[i] - b.lane[i]; });
}
inline Vec operator*(const Vec& a, const Vec& b) {
  return each([&](int i) { return a.lane[i] * b.lane[i]; });
}
inline Vec operator/(const Vec& a, const Vec& b) {
  return each([&](int i) { return a.lane[i] / b.lane[i]; });
}
inline Vec fma(const Vec& a, const Vec& b, const Vec& c) {
  return each([&](int i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
}
/// The second operand where one is no number, as MAXPS.
inline Vec max(const Vec& a, const Vec& b) {
  return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Vec min(const Vec& a, const Vec& b) {
  return each([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline Vec absolute(const Vec& a) {
  return each([&](int i) { return std::fabs(a.lane[i]); });
}
inline Vec nearest(const Vec& a) {
  return each([&](int i) { return std::nearbyint(a.lane[i]); });
}
/// 2^n for integers n in [-126, 127]; 0 and infinity for those beside them, anything for others.
inline Vec power_of_two(const Vec& n) {
  return each([&](int i) {
    const float whole = n.lane[i];
    const bool fits = whole >= -127.0f && whole <= 128.0f;
    const std::uint32_t bits = static_cast<std::uint32_t>(fits ? static_cast<int>(whole) + 127 : 127) << 23;
    float out;
    std::memcpy(&out, &bits, sizeof out);
    return out;
  });
}
/// Lanes [from, to) of a, `other` elsewhere.
inline Vec keep(const Vec& a, int from, int to, float other) {
  return each([&](int i) { return i >= from && i < to ? a.lane[i] : other; });
}

/// Nearest bfloat16, ties to even, subnormals to zero; as float32.
inline Vec rounded(const Vec& a) {
  return each([&](int i) { return base::from_bfloat16(base::to_bfloat16(a.lane[i])); });
}

/// Two factors of a pair, each as float32.
struct PairElement {
  float even;
  float odd;
};
/// One pair in every lane.
using PairBroadcast = PairElement;
/// A pair a lane.
struct PairVec {
  Vec even;
  Vec odd;
};
inline PairBroadcast broadcast(const PairElement* at) { return *at; }
inline PairVec widen(const std::uint32_t* at) {
  return {each([&](int i) { return base::from_bfloat16(static_cast<std::uint16_t>(at[i] & 0xffffu)); }),
          each([&](int i) { return base::from_bfloat16(static_cast<std::uint16_t>(at[i] >> 16)); })};
}
/// Of pairs (even, odd) only even or only odd; the other is 0.
inline PairVec half_of(const std::uint32_t* at, bool odd) {
  const PairVec both = widen(at);
  return odd ? PairVec{zero(), both.odd} : PairVec{both.even, zero()};
}
inline Vec dot(const Vec& sum, const PairBroadcast& x, const PairVec& w) {
  return fma(all(x.even), w.even, fma(all(x.odd), w.odd, sum));
}
inline void dot_apart(Vec& even, Vec& odd, const PairBroadcast& x, const PairVec& w) {
  even = fma(all(x.even), w.even, even);
  odd = fma(all(x.odd), w.odd, odd);
}
/// Writes sixteen values, bfloat16 already, as eight pairs.
inline void store_pairs(PairElement* at, const Vec& v) { std::memcpy(at, v.lane, sizeof v.lane); }

/// Sixteen bfloat16 as float32.
inline Vec load_bfloat16(const std::uint16_t* at) {
  return each([&](int i) { return base::from_bfloat16(at[i]); });
}

/// Sixteen bytes as float32.
inline Vec load_bytes(const std::int8_t* at) {
  return each([&](int i) { return static_cast<float>(at[i]); });
}

/// Sums of four products of bytes a lane, exact.
struct Sums {
  std::int32_t lane[16];
};
inline Sums no_sums() { return {}; }
/// Four activations in every lane, and four weights a lane.
inline Sums dot_bytes(Sums sums, const std::int8_t* x, const std::int8_t* w) {
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 4; ++j) sums.lane[i] += static_cast<std::int32_t>(x[j]) * w[4 * i + j];
  }
  return sums;
}
inline Vec finished(const Sums& sums, const std::int32_t*) {
  return each([&](int i) { return static_cast<float>(sums.lane[i]); });
}
/// Sixteen integers of at most 127 as bytes.
inline void store_bytes(std::int8_t* at, const Vec& whole) {
  for (int i = 0; i < 16; ++i) at[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(whole.lane[i]));
}

inline constexpr int kRowBlock = 4;
inline constexpr int kTileRows = 2;
inline constexpr int kColumnVecs = 1;
inline constexpr int kQueries = 4;
inline constexpr int kSumVecs = 4;

}  // namespace
}  // namespace tensafe::decoder
