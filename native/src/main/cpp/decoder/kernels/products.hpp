#pragma once

#include "decoder/kernels/panel_steps.hpp"

// Rows times one panel of weights. An output is one chain over its inputs in order: of float32 a fused
// multiply-add each, of bfloat16 two a pair, the odd one first, of bytes exact integers. Of bfloat16 in order
// "tiles" it is a sum of short chains.

namespace tensafe::decoder {
namespace {

struct FloatSteps {
  using Input = float;
  using Broadcast = Vec;
  using Weights = Vec;
  using Sum = Vec;
  static inline Sum none() { return zero(); }
  static inline Broadcast input(const Input* at) { return all(*at); }
  static inline Weights weights(const std::byte* at) { return load(reinterpret_cast<const float*>(at)); }
  static inline Sum add(const Sum& sum, const Broadcast& x, const Weights& w) { return fma(x, w, sum); }
};

struct PairSteps {
  using Input = PairElement;
  using Broadcast = PairBroadcast;
  using Weights = PairVec;
  using Sum = Vec;
  static inline Sum none() { return zero(); }
  static inline Broadcast input(const Input* at) { return broadcast(at); }
  static inline Weights weights(const std::byte* at) { return widen(reinterpret_cast<const std::uint32_t*>(at)); }
  static inline Sum add(const Sum& sum, const Broadcast& x, const Weights& w) { return dot(sum, x, w); }
};

struct ByteSteps {
  using Input = std::int32_t;
  using Broadcast = const std::int8_t*;
  using Weights = const std::int8_t*;
  using Sum = Sums;
  static inline Sum none() { return no_sums(); }
  static inline Broadcast input(const Input* at) { return reinterpret_cast<const std::int8_t*>(at); }
  static inline Weights weights(const std::byte* at) { return reinterpret_cast<const std::int8_t*>(at); }
  static inline Sum add(const Sum& sum, const Broadcast& x, const Weights& w) { return dot_bytes(sum, x, w); }
};

template <typename Steps, int Rows, typename Finish>
inline void block(const PanelProduct& p, float* out, Finish finish) {
  constexpr int kVecs = static_cast<int>(kPanel / 16);
  const auto* x = reinterpret_cast<const typename Steps::Input*>(p.x);
  const std::size_t stride = p.x_stride / sizeof(typename Steps::Input);
  for (int first = 0; first < kVecs; first += kColumnVecs) {
    typename Steps::Sum sums[Rows][kColumnVecs];
    for (int r = 0; r < Rows; ++r) {
      for (int c = 0; c < kColumnVecs; ++c) sums[r][c] = Steps::none();
    }
    const std::byte* at = p.panel + 64 * static_cast<std::size_t>(first);
    for (std::size_t s = 0; s < p.steps; ++s) {
      typename Steps::Weights w[kColumnVecs];
#pragma GCC unroll 2
      for (int c = 0; c < kColumnVecs; ++c) w[c] = Steps::weights(at + 64 * c);
      if constexpr (Rows <= 2) {
        __builtin_prefetch(at + kAhead, 0, 3);
        __builtin_prefetch(at + kAhead + 64, 0, 3);
      }
#pragma GCC unroll 12
      for (int r = 0; r < Rows; ++r) {
        const typename Steps::Broadcast b = Steps::input(x + static_cast<std::size_t>(r) * stride + s);
#pragma GCC unroll 2
        for (int c = 0; c < kColumnVecs; ++c) sums[r][c] = Steps::add(sums[r][c], b, w[c]);
      }
      at += kStepBytes;
    }
    for (int r = 0; r < Rows; ++r) {
      for (int c = 0; c < kColumnVecs; ++c) {
        const int column = 16 * (first + c);
        store(out + static_cast<std::size_t>(r) * kPanel + column, finish(sums[r][c], r, column));
      }
    }
  }
}

/// Calls body with the number of rows as a constant.
template <int Rows, typename Body>
inline void with_rows(std::size_t rows, Body body) {
  if constexpr (Rows >= 1) {
    if (rows == static_cast<std::size_t>(Rows)) {
      body(std::integral_constant<int, Rows>());
    } else {
      with_rows<Rows - 1>(rows, body);
    }
  }
}

/// Rows from `row` on in order "tiles".
template <int Rows>
inline void tile_block(const PanelProduct& p, std::size_t row, float* out) {
  const auto* x = reinterpret_cast<const PairElement*>(p.x + row * p.x_stride);
  const std::size_t stride = p.x_stride / sizeof(PairElement);
  for (std::size_t first = 0; first < kPanel / 16; first += kColumnVecs) {
    float* to = out + row * kPanel + 16 * first;
    const auto place = [&](int r, int c) { return to + static_cast<std::size_t>(r) * kPanel + 16 * c; };
    for (int r = 0; r < Rows; ++r) {
      for (int c = 0; c < kColumnVecs; ++c) store(place(r, c), zero());
    }
    const std::byte* at = p.panel + 64 * first;
    for (std::size_t start = 0; start < p.steps; start += kTileSteps) {
      Vec even[Rows][kColumnVecs];
      Vec odd[Rows][kColumnVecs];
      for (int r = 0; r < Rows; ++r) {
        for (int c = 0; c < kColumnVecs; ++c) even[r][c] = odd[r][c] = zero();
      }
      for (std::size_t s = start; s < start + kTileSteps; ++s) {
        PairVec w[kColumnVecs];
#pragma GCC unroll 2
        for (int c = 0; c < kColumnVecs; ++c) w[c] = PairSteps::weights(at + 64 * c);
        if constexpr (Rows <= 2) {
          __builtin_prefetch(at + kAhead, 0, 3);
          __builtin_prefetch(at + kAhead + 64, 0, 3);
        }
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) {
          const PairBroadcast b = broadcast(x + static_cast<std::size_t>(r) * stride + s);
#pragma GCC unroll 2
          for (int c = 0; c < kColumnVecs; ++c) dot_apart(even[r][c], odd[r][c], b, w[c]);
        }
        at += kStepBytes;
      }
      for (int r = 0; r < Rows; ++r) {
        for (int c = 0; c < kColumnVecs; ++c) store(place(r, c), load(place(r, c)) + (even[r][c] + odd[r][c]));
      }
    }
  }
}

inline void tile_product(const PanelProduct& p, float* out) {
  for (std::size_t row = 0; row < p.rows; row += kTileRows) {
    const std::size_t left = p.rows - row;
    with_rows<kTileRows>(left < kTileRows ? left : kTileRows,
                         [&](auto rows) { tile_block<decltype(rows)::value>(p, row, out); });
  }
}

template <typename Steps>
inline void float_product(const PanelProduct& p, float* out) {
  with_rows<kRowBlock>(p.rows, [&](auto rows) {
    block<Steps, decltype(rows)::value>(p, out, [](const Vec& sum, int, int) { return sum; });
  });
}

/// Behind the steps of a panel of bytes: a scale for each output, and what `finished` takes away.
inline void byte_product(const PanelProduct& p, float* out) {
  const std::byte* behind = p.panel + p.steps * kStepBytes;
  const auto* scales = reinterpret_cast<const float*>(behind);
  const auto* offsets = reinterpret_cast<const std::int32_t*>(behind + kStepBytes);
  with_rows<kRowBlock>(p.rows, [&](auto rows) {
    block<ByteSteps, decltype(rows)::value>(p, out, [&](const Sums& sums, int r, int column) {
      return finished(sums, offsets + column) * (all(p.x_scales[r]) * load(scales + column));
    });
  });
}

template <typename Load>
inline void expand_with(const float* u, std::size_t ranks, float* y, Load load_at) {
  Vec sums[kPanel / 16] = {zero(), zero()};
  for (std::size_t k = 0; k < ranks; ++k) {
    const Vec factor = all(u[k]);
    for (std::size_t v = 0; v < kPanel / 16; ++v) sums[v] = fma(factor, load_at(k * kPanel + 16 * v), sums[v]);
  }
  for (std::size_t v = 0; v < kPanel / 16; ++v) store(y + 16 * v, load(y + 16 * v) + sums[v]);
}

inline void expand(const float* u, std::size_t ranks, Format format, const std::byte* panel, float* y) {
  if (format == Format::kBfloat16) {
    const auto* weights = reinterpret_cast<const std::uint16_t*>(panel);
    expand_with(u, ranks, y, [&](std::size_t at) { return load_bfloat16(weights + at); });
  } else {
    const auto* weights = reinterpret_cast<const float*>(panel);
    expand_with(u, ranks, y, [&](std::size_t at) { return load(weights + at); });
  }
}

inline void product(const PanelProduct& p, float* out) {
  switch (p.format) {
    case Format::kFloat32:
      return float_product<FloatSteps>(p, out);
    case Format::kBfloat16:
      return p.order == Order::kTiles ? tile_product(p, out) : float_product<PairSteps>(p, out);
    case Format::kInt8:
      return byte_product(p, out);
  }
}

/// Nothing is held.
inline void rest() {}

}  // namespace
}  // namespace tensafe::decoder
