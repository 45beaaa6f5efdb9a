#include <immintrin.h>

#include "lora/low_rank_kernels.hpp"

// Registers: shrink holds 3 rows × 4 partial sums of 8 ranks, expand 2 rows × 32 outputs. One row alone is
// bound by reading the weights, so the blocks need only be large enough to hide the latency of the sums.

namespace tensafe::lora {
namespace {

using Vector = __m256;

struct Float32 {
  using Element = float;
  static inline Vector load(const float* at) { return _mm256_load_ps(at); }
};

struct Bfloat16 {
  using Element = std::uint16_t;
  static inline Vector load(const std::uint16_t* at) {
    const __m128i bits = _mm_load_si128(reinterpret_cast<const __m128i*>(at));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
};

constexpr int kPartial = 4;

template <typename Type, int Rows>
inline void shrink_block(const Module& m, std::size_t first, std::size_t last, const float* x, const std::int32_t* rows,
                         float* u, std::size_t rank_stride) {
  const auto* weights = reinterpret_cast<const typename Type::Element*>(m.a.data()) + first * kRankPanel * m.in;
  const float* row[Rows];
  for (int i = 0; i < Rows; ++i) row[i] = x + static_cast<std::size_t>(rows[i]) * m.in;
  const Vector scaling = _mm256_set1_ps(m.scaling);
  for (std::size_t panel = first * kRankPanel; panel < last * kRankPanel; panel += kRankPanel) {
    Vector sums[Rows][kPartial];
    for (int i = 0; i < Rows; ++i) {
      for (int p = 0; p < kPartial; ++p) sums[i][p] = _mm256_setzero_ps();
    }
    std::size_t j = 0;
    for (; j + kPartial <= m.in; j += kPartial) {
      for (int p = 0; p < kPartial; ++p) {
        const Vector w = Type::load(weights + static_cast<std::size_t>(p) * kRankPanel);
        for (int i = 0; i < Rows; ++i) {
          sums[i][p] = _mm256_fmadd_ps(_mm256_broadcast_ss(row[i] + j + p), w, sums[i][p]);
        }
      }
      weights += kPartial * kRankPanel;
    }
    for (; j < m.in; ++j) {
      const Vector w = Type::load(weights);
      for (int i = 0; i < Rows; ++i) {
        sums[i][0] = _mm256_fmadd_ps(_mm256_broadcast_ss(row[i] + j), w, sums[i][0]);
      }
      weights += kRankPanel;
    }
    for (int i = 0; i < Rows; ++i) {
      const Vector sum = _mm256_add_ps(_mm256_add_ps(sums[i][0], sums[i][1]),
                                       _mm256_add_ps(sums[i][2], sums[i][3]));
      _mm256_storeu_ps(u + static_cast<std::size_t>(i) * rank_stride + panel, _mm256_mul_ps(scaling, sum));
    }
  }
}

template <typename Type, int Rows>
inline void expand_block(const Module& m, const float* u, std::size_t rank_stride, const std::int32_t* rows,
                         float* y) {
  constexpr int kVectors = kOutputPanel / 8;
  const auto* weights = reinterpret_cast<const typename Type::Element*>(m.b.data());
  for (std::size_t first = 0; first < m.out; first += kOutputPanel) {
    Vector sums[Rows][kVectors];
    for (int i = 0; i < Rows; ++i) {
      for (int v = 0; v < kVectors; ++v) sums[i][v] = _mm256_setzero_ps();
    }
    for (std::size_t k = 0; k < m.rank; ++k) {
      Vector factor[Rows];
      for (int i = 0; i < Rows; ++i) {
        factor[i] = _mm256_broadcast_ss(u + static_cast<std::size_t>(i) * rank_stride + k);
      }
      for (int v = 0; v < kVectors; ++v) {
        const Vector w = Type::load(weights + 8 * v);
        for (int i = 0; i < Rows; ++i) sums[i][v] = _mm256_fmadd_ps(factor[i], w, sums[i][v]);
      }
      weights += kOutputPanel;
    }
    const std::size_t left = m.out - first;
    for (int i = 0; i < Rows; ++i) {
      float* target = y + static_cast<std::size_t>(rows[i]) * m.out + first;
      if (left >= kOutputPanel) {
        for (int v = 0; v < kVectors; ++v) {
          _mm256_storeu_ps(target + 8 * v, _mm256_add_ps(_mm256_loadu_ps(target + 8 * v), sums[i][v]));
        }
      } else {
        alignas(32) float tail[kOutputPanel];
        for (int v = 0; v < kVectors; ++v) _mm256_store_ps(tail + 8 * v, sums[i][v]);
        for (std::size_t o = 0; o < left; ++o) target[o] += tail[o];
      }
    }
  }
}

template <typename Type>
void shrink_as(const Module& m, std::size_t first, std::size_t last, const float* x, const std::int32_t* rows,
               std::size_t count, float* u, std::size_t rank_stride) {
  const auto block = [&]<int Rows>(std::size_t i) {
    shrink_block<Type, Rows>(m, first, last, x, rows + i, u + i * rank_stride, rank_stride);
  };
  std::size_t i = 0;
  for (; i + 3 <= count; i += 3) block.template operator()<3>(i);
  if (count - i == 2) block.template operator()<2>(i);
  if (count - i == 1) block.template operator()<1>(i);
}

template <typename Type>
void expand_as(const Module& m, const float* u, std::size_t rank_stride, const std::int32_t* rows,
               std::size_t count, float* y) {
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2) expand_block<Type, 2>(m, u + i * rank_stride, rank_stride, rows + i, y);
  if (count - i == 1) expand_block<Type, 1>(m, u + i * rank_stride, rank_stride, rows + i, y);
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

const LowRankKernels& avx2_kernels() {
  static const LowRankKernels table{"avx2", shrink, expand};
  return table;
}

}  // namespace tensafe::lora
