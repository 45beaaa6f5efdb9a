#include <cmath>
#include <cstring>

#include "lora/low_rank_kernels.hpp"

namespace tensafe::lora {
namespace {

struct Float32 {
  using Element = float;
  static float widen(float value) { return value; }
};

struct Bfloat16 {
  using Element = std::uint16_t;
  static float widen(std::uint16_t bits) {
    const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
  }
};

template <typename Type>
void shrink_as(const Module& m, std::size_t first, std::size_t last, const float* x, const std::int32_t* rows,
               std::size_t count, float* u, std::size_t rank_stride) {
  const auto* a = reinterpret_cast<const typename Type::Element*>(m.a.data());
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = x + static_cast<std::size_t>(rows[i]) * m.in;
    for (std::size_t panel = first * kRankPanel; panel < last * kRankPanel; panel += kRankPanel) {
      const auto* weights = a + panel * m.in;
      float sums[4][kRankPanel] = {};
      for (std::size_t j = 0; j < m.in; ++j) {
        float* chain = sums[j < m.in / 4 * 4 ? j % 4 : 0];
        for (std::size_t k = 0; k < kRankPanel; ++k) {
          chain[k] = std::fma(row[j], Type::widen(weights[kRankPanel * j + k]), chain[k]);
        }
      }
      for (std::size_t k = 0; k < kRankPanel; ++k) {
        const float sum = (sums[0][k] + sums[1][k]) + (sums[2][k] + sums[3][k]);
        u[i * rank_stride + panel + k] = m.scaling * sum;
      }
    }
  }
}

template <typename Type>
void expand_as(const Module& m, const float* u, std::size_t rank_stride, const std::int32_t* rows,
               std::size_t count, float* y) {
  const auto* b = reinterpret_cast<const typename Type::Element*>(m.b.data());
  for (std::size_t i = 0; i < count; ++i) {
    float* row = y + static_cast<std::size_t>(rows[i]) * m.out;
    for (std::size_t first = 0; first < m.out; first += kOutputPanel) {
      const auto* weights = b + first * m.rank;
      float sums[kOutputPanel] = {};
      for (std::size_t k = 0; k < m.rank; ++k) {
        const float factor = u[i * rank_stride + k];
        for (std::size_t o = 0; o < kOutputPanel; ++o) {
          sums[o] = std::fma(factor, Type::widen(weights[kOutputPanel * k + o]), sums[o]);
        }
      }
      for (std::size_t o = 0; o < kOutputPanel && first + o < m.out; ++o) row[first + o] += sums[o];
    }
  }
}

void shrink(const Module& m, std::size_t first, std::size_t last, const float* x, const std::int32_t* rows,
            std::size_t count, float* u, std::size_t rank_stride) {
  m.storage == Storage::kFloat32 ? shrink_as<Float32>(m, first, last, x, rows, count, u, rank_stride)
                                 : shrink_as<Bfloat16>(m, first, last, x, rows, count, u, rank_stride);
}

void expand(const Module& m, const float* u, std::size_t rank_stride, const std::int32_t* rows,
            std::size_t count, float* y) {
  m.storage == Storage::kFloat32 ? expand_as<Float32>(m, u, rank_stride, rows, count, y)
                                 : expand_as<Bfloat16>(m, u, rank_stride, rows, count, y);
}

}  // namespace

const LowRankKernels& scalar_kernels() {
  static const LowRankKernels table{"scalar", shrink, expand};
  return table;
}

}  // namespace tensafe::lora
