#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "decoder/kernels/decoder_kernels.hpp"

// The canonical order of docs/ENGINE.md once more, in plain loops over numbers, written without a look at the
// kernels: what all sets of them must give, to the bit. For a thread that flushes subnormal numbers.

namespace tensafe::test::twin {

using decoder::Format;

/// The nearest bfloat16, by distance; of two equally near the one whose last bit is 0.
inline float to_bfloat16(float x) {
  if (std::isnan(x) || std::isinf(x)) return x;
  if (std::fabs(x) < std::numeric_limits<float>::min()) return std::copysign(0.0f, x);
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint32_t near_bits = bits & 0xffff0000u;
  const std::uint32_t far_bits = near_bits + 0x10000u;
  float near, far;
  std::memcpy(&near, &near_bits, sizeof near);
  std::memcpy(&far, &far_bits, sizeof far);
  const double wide_far = std::isinf(far) ? std::copysign(0x1p128, x) : static_cast<double>(far);
  const double to_near = std::fabs(static_cast<double>(x) - static_cast<double>(near));
  const double to_far = std::fabs(wide_far - static_cast<double>(x));
  if (to_near != to_far) return to_near < to_far ? near : far;
  return (near_bits & 0x10000u) == 0 ? near : far;
}

inline float stored(Format format, float x) { return format == Format::kBfloat16 ? to_bfloat16(x) : x; }

/// Sixteen partial sums by one tree.
template <typename Combine>
float tree(std::vector<float> lanes, Combine combine) {
  for (std::size_t half = lanes.size() / 2; half >= 1; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) lanes[i] = combine(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}
inline float plus(float a, float b) { return a + b; }
inline float larger(float a, float b) { return a > b ? a : b; }

inline float exponential(float x) {
  if (std::isnan(x)) return x;
  x = std::min(89.0f, std::max(-88.0f, x));
  const float n = std::nearbyint(x * 1.44269504f);
  const float r = std::fma(n, -1.42860677e-6f, std::fma(n, -0.693145752f, x));
  float p = 1.98412698e-4f;
  for (float c : {1.38888889e-3f, 8.33333333e-3f, 4.16666667e-2f, 1.66666667e-1f, 0.5f, 1.0f, 1.0f}) {
    p = std::fma(p, r, c);
  }
  return p * std::ldexp(1.0f, static_cast<int>(n));
}

inline std::vector<float> norm(const float* x, const float* weight, std::size_t n, float eps) {
  std::vector<float> squares(16, 0.0f);
  for (std::size_t i = 0; i < n; ++i) squares[i % 16] = std::fma(x[i], x[i], squares[i % 16]);
  const float mean = tree(squares, plus) / static_cast<float>(n);
  const float scale = 1.0f / std::sqrt(mean + eps);
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const float normal = x[i] * scale;
    out[i] = normal * weight[i];
  }
  return out;
}

inline void rotate(float* x, const float* cosines, const float* sines, std::size_t half) {
  for (std::size_t i = 0; i < half; ++i) {
    const float a = x[i], b = x[i + half];
    const float across = b * sines[i];
    x[i] = std::fma(a, cosines[i], 0.0f - across);
    x[i + half] = std::fma(b, cosines[i], a * sines[i]);
  }
}

inline float swiglu(float gate, float up) {
  const float below = 1.0f + exponential(0.0f - gate);
  const float silu = gate / below;
  return silu * up;
}

/// A row or a weight of 8 bits: integers and what one of them is worth.
struct Bytes {
  std::vector<int> values;
  float scale = 0;
};
inline Bytes to_bytes(const float* x, std::size_t n) {
  float top = 0;
  bool numbers = true;
  for (std::size_t i = 0; i < n; ++i) {
    numbers = numbers && std::isfinite(x[i]);
    top = std::max(top, std::fabs(x[i]));
  }
  Bytes out{std::vector<int>(n, 0), numbers ? top / 127.0f : NAN};
  // so small that 127 / top would be infinite: zeros
  if (!numbers || top < 0x1p-120f) return out;
  const float inverse = 127.0f / top;
  for (std::size_t i = 0; i < n; ++i) {
    out.values[i] = static_cast<int>(std::clamp(std::nearbyint(x[i] * inverse), -127.0f, 127.0f));
  }
  return out;
}

/// Pairs, the odd one first; then what fills a vector of inputs up adds zeros.
inline float pair(float even_x, float even_w, float odd_x, float odd_w, float sum) {
  return std::fma(even_x, even_w, std::fma(odd_x, odd_w, sum));
}

/// Of every 32 inputs the even ones and the odd ones apart, from zero; then their sum.
template <typename X, typename W>
float tiles(X x_at, W w_at, std::size_t n) {
  float sum = 0;
  for (std::size_t first = 0; first < n; first += 32) {
    float chains[2] = {0, 0};
    for (std::size_t i = first; i < first + 32; ++i) chains[i % 2] = std::fma(x_at(i), w_at(i), chains[i % 2]);
    sum += chains[0] + chains[1];
  }
  return sum;
}

/// x [n] times weights [outputs][n], as a checkpoint has them.
inline std::vector<float> product(Format format, const float* x, const float* weights, std::size_t n,
                                  std::size_t outputs, decoder::Order order = decoder::Order::kPairs) {
  std::vector<float> out(outputs);
  const Bytes row = format == Format::kInt8 ? to_bytes(x, n) : Bytes{};
  for (std::size_t o = 0; o < outputs; ++o) {
    const float* w = weights + o * n;
    if (format == Format::kInt8) {
      const Bytes column = to_bytes(w, n);
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += row.values[i] * column.values[i];
      const float scale = row.scale * column.scale;
      out[o] = static_cast<float>(sum) * scale;
      continue;
    }
    const std::size_t all = decoder::padded(n, format == Format::kBfloat16 ? 32 : 16);
    const auto x_at = [&](std::size_t i) { return i < n ? stored(format, x[i]) : 0.0f; };
    const auto w_at = [&](std::size_t i) { return i < n ? stored(format, w[i]) : 0.0f; };
    float sum = 0;
    if (format == Format::kFloat32) {
      for (std::size_t i = 0; i < all; ++i) sum = std::fma(x_at(i), w_at(i), sum);
    } else if (order == decoder::Order::kTiles) {
      sum = tiles(x_at, w_at, all);
    } else {
      for (std::size_t i = 0; i < all; i += 2) sum = pair(x_at(i), w_at(i), x_at(i + 1), w_at(i + 1), sum);
    }
    out[o] = sum;
  }
  return out;
}

/// One query over the keys and values [positions][head] of its sequence, at `position`.
inline std::vector<float> attend(Format format, const float* query, const float* keys, const float* values,
                                 std::size_t stride, std::size_t head, std::size_t position, std::size_t window,
                                 float scale) {
  const std::size_t end = position + 1;
  const std::size_t begin = window == 0 || end <= window ? 0 : end - window;
  const auto in = [&](float x) { return stored(format, x); };
  std::vector<float> total;
  float total_max = 0, total_sum = 0;
  for (std::size_t origin = begin / 256 * 256; origin < end; origin += 256) {
    const std::size_t from = std::max(begin, origin), to = std::min(end, origin + 256);
    const std::size_t first = from / 16 * 16, last = decoder::padded(to, 16);
    const auto seen = [&](std::size_t p) { return p >= from && p < to; };
    std::vector<float> score(last - first, -INFINITY), most(16, -INFINITY), sums(16, 0.0f);
    for (std::size_t p = first; p < last; ++p) {
      if (seen(p)) {
        const float* key = keys + p * stride;
        float sum = 0;
        for (std::size_t d = 0; d < head; d += 2) {
          sum = format == Format::kFloat32
                    ? std::fma(query[d + 1], key[d + 1], std::fma(query[d], key[d], sum))
                    : pair(in(query[d]), in(key[d]), in(query[d + 1]), in(key[d + 1]), sum);
        }
        score[p - first] = sum * scale;
      }
      most[p % 16] = larger(most[p % 16], score[p - first]);
    }
    const float top = tree(most, larger);
    std::vector<float> weight(last - first, 0.0f);
    for (std::size_t p = first; p < last; ++p) {
      if (seen(p)) weight[p - first] = in(exponential(score[p - first] - top));
      sums[p % 16] += weight[p - first];
    }
    const float sum = tree(sums, plus);
    std::vector<float> piece(head, 0.0f);
    for (std::size_t d = 0; d < head; ++d) {
      const auto value = [&](std::size_t p) { return seen(p) ? in(values[p * stride + d]) : 0.0f; };
      for (std::size_t p = first; p < last; p += 2) {
        if (format == Format::kFloat32) {
          for (std::size_t q : {p, p + 1}) {
            if (seen(q)) piece[d] = std::fma(weight[q - first], value(q), piece[d]);
          }
        } else if (seen(p) || seen(p + 1)) {
          piece[d] = pair(weight[p - first], value(p), weight[p + 1 - first], value(p + 1), piece[d]);
        }
      }
    }
    if (total.empty()) {
      total = piece;
      total_max = top;
      total_sum = sum;
      continue;
    }
    const float both = larger(total_max, top);
    const float old = exponential(total_max - both), fresh = exponential(top - both);
    for (std::size_t d = 0; d < head; ++d) total[d] = std::fma(piece[d], fresh, total[d] * old);
    const float old_sum = total_sum * old;
    total_sum = old_sum + sum * fresh;
    total_max = both;
  }
  for (float& value : total) value /= total_sum;
  return total;
}

}  // namespace tensafe::test::twin
