#pragma once

#include <cstring>

// Functions of vectors and rows, on the vectors that were included before. Sums over a row are sixteen
// partial sums, lane by lane, that a fixed tree adds.

namespace tensafe::decoder {
namespace {

inline Vec load_some(const float* at, std::size_t count) {
  if (count == 16) return load(at);
  float lane[16] = {};
  std::memcpy(lane, at, count * sizeof(float));
  return load(lane);
}
inline void store_some(float* at, const Vec& v, std::size_t count) {
  if (count == 16) return store(at, v);
  float lane[16];
  store(lane, v);
  std::memcpy(at, lane, count * sizeof(float));
}

/// Calls body(first, vector) for a row, the last vector filled up with zeros.
template <typename Body>
inline void each_vec(const float* x, std::size_t n, Body body) {
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) body(i, load(x + i));
  if (i < n) body(i, load_some(x + i, n - i));
}

template <typename Combine>
inline float reduced(const Vec& v, Combine combine) {
  float lane[16];
  store(lane, v);
  for (int width = 8; width >= 1; width /= 2) {
    for (int i = 0; i < width; ++i) lane[i] = combine(lane[i], lane[i + width]);
  }
  return lane[0];
}
inline float sum_of(const Vec& v) {
  return reduced(v, [](float a, float b) { return a + b; });
}
inline float max_of(const Vec& v) {
  return reduced(v, [](float a, float b) { return a > b ? a : b; });
}

/// e^x, within 1 unit of the last place of the true value; 0 below −87.34, infinite above 88.37, NaN of NaN.
/// Cody and Waite's reduction by ln 2 in two parts, then the Taylor polynomial of degree 7.
inline Vec exponential(const Vec& x) {
  // what is bounded has powers of two that are 0 and infinite
  const Vec bounded = max(all(-88.0f), min(all(89.0f), x));
  const Vec n = nearest(bounded * all(1.44269504f));
  const Vec r = fma(n, all(-1.42860677e-6f), fma(n, all(-0.693145752f), bounded));
  Vec p = all(1.98412698e-4f);
  p = fma(p, r, all(1.38888889e-3f));
  p = fma(p, r, all(8.33333333e-3f));
  p = fma(p, r, all(4.16666667e-2f));
  p = fma(p, r, all(1.66666667e-1f));
  p = fma(p, r, all(0.5f));
  p = fma(p, r, all(1.0f));
  p = fma(p, r, all(1.0f));
  return p * power_of_two(n);
}

inline void norm(const float* x, const float* weight, std::size_t n, float eps, float* out) {
  Vec squares = zero();
  each_vec(x, n, [&](std::size_t, const Vec& v) { squares = fma(v, v, squares); });
  const float root = __builtin_sqrtf(sum_of(squares) / static_cast<float>(n) + eps);
  const Vec scale = all(1.0f / root);
  each_vec(x, n, [&](std::size_t i, const Vec& v) {
    const std::size_t count = n - i < 16 ? n - i : 16;
    store_some(out + i, v * scale * load_some(weight + i, count), count);
  });
}

inline void rotate(float* x, const float* cosines, const float* sines, std::size_t half) {
  for (std::size_t i = 0; i < half; i += 16) {
    const std::size_t count = half - i < 16 ? half - i : 16;
    const Vec a = load_some(x + i, count);
    const Vec b = load_some(x + half + i, count);
    const Vec c = load_some(cosines + i, count);
    const Vec s = load_some(sines + i, count);
    store_some(x + i, fma(a, c, zero() - b * s), count);
    store_some(x + half + i, fma(b, c, a * s), count);
  }
}

inline void swiglu(const float* gate, const float* up, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; i += 16) {
    const std::size_t count = n - i < 16 ? n - i : 16;
    const Vec g = load_some(gate + i, count);
    const Vec u = load_some(up + i, count);
    const Vec y = g / (all(1.0f) + exponential(zero() - g)) * u;
    store_some(out + i, y, count);
  }
}

inline std::size_t step_bytes(Format format) {
  return format == Format::kBfloat16 ? sizeof(PairElement) : sizeof(float);
}

/// Rows whose largest number is below are zeros in 8 bits: 127 over it may be infinite.
inline constexpr float kLeastOfBytes = 0x1p-120f;

inline float prepare_int8(const float* x, std::size_t n, std::size_t steps, std::int8_t* out) {
  Vec largest = zero();
  Vec nothing = zero();
  each_vec(x, n, [&](std::size_t, const Vec& v) {
    largest = max(largest, absolute(v));
    nothing = nothing + (v - v);  // NaN where a number is none, or infinite
  });
  const bool number = sum_of(nothing) == 0.0f;
  const float top = max_of(largest);
  const bool zeros = !number || top < kLeastOfBytes;
  const Vec inverse = all(zeros ? 0.0f : 127.0f / top);
  each_vec(x, n, [&](std::size_t i, const Vec& v) {
    store_bytes(out + i, zeros ? zero() : max(all(-127.0f), min(all(127.0f), nearest(v * inverse))));
  });
  for (std::size_t i = padded(n, 16); i < 4 * steps; i += 16) store_bytes(out + i, zero());
  return number ? top / 127.0f : __builtin_nanf("");
}

inline float prepare(Format format, const float* x, std::size_t n, std::size_t steps, std::byte* out) {
  switch (format) {
    case Format::kFloat32: {
      std::memcpy(out, x, n * sizeof(float));
      std::memset(out + n * sizeof(float), 0, (steps - n) * sizeof(float));
      return 1.0f;
    }
    case Format::kBfloat16: {
      auto* pairs = reinterpret_cast<PairElement*>(out);
      each_vec(x, n, [&](std::size_t i, const Vec& v) { store_pairs(pairs + i / 2, rounded(v)); });
      for (std::size_t i = padded(n, 16) / 2; i < steps; i += 8) store_pairs(pairs + i, zero());
      return 1.0f;
    }
    case Format::kInt8:
      return prepare_int8(x, n, steps, reinterpret_cast<std::int8_t*>(out));
  }
  return 1.0f;
}

}  // namespace
}  // namespace tensafe::decoder
