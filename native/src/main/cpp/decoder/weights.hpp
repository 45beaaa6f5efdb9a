#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/huge_memory.hpp"
#include "decoder/matrix.hpp"
#include "decoder/shape.hpp"

namespace tensafe::decoder {

/// Tensors of a layer beside its projections and their biases.
enum class LayerNorm : int { kInput = 0, kAfterAttention, kQuery, kKey };
inline constexpr std::size_t kLayerNorms = 4;

/// Tensors of no layer.
enum class End : int { kEmbedding = 0, kFinalNorm, kHead };
inline constexpr std::size_t kEnds = 3;

/// The weights of a decoder, packed once. Filled by one thread, then constant.
class Weights {
 public:
  explicit Weights(const Shape& shape);

  void put_projection(std::size_t layer, Projection projection, Source source, std::size_t first,
                      std::size_t count, const std::byte* elements);
  void put_bias(std::size_t layer, Projection projection, Source source, const std::byte* elements);
  void put_norm(std::size_t layer, LayerNorm norm, Source source, const std::byte* elements);
  void put_end(End end, Source source, std::size_t first, std::size_t count, const std::byte* elements);

  /// Throws kIncomplete unless every row of every tensor was put once. Looks at all tensors only until it has
  /// found them there, so that every step may ask.
  void require_complete();

  const Matrix& projection(std::size_t layer, Projection projection) const {
    return layers_[layer].projections[static_cast<std::size_t>(projection)];
  }
  /// Null where there is none.
  const float* bias(std::size_t layer, Projection projection) const {
    const auto& bias = layers_[layer].biases[static_cast<std::size_t>(projection)];
    return bias.empty() ? nullptr : bias.data();
  }
  const float* norm(std::size_t layer, LayerNorm norm) const {
    return layers_[layer].norms[static_cast<std::size_t>(norm)].data();
  }
  const float* final_norm() const { return final_norm_.data(); }
  const Matrix& head() const { return head_; }
  const Matrix& embedding() const { return tied_ ? head_ : embedding_; }

  std::size_t bytes() const noexcept { return memory_.size(); }
  bool huge() const noexcept { return memory_.huge(); }

 private:
  struct Layer {
    std::array<Matrix, kProjections> projections;
    std::array<std::vector<float>, kProjections> biases;
    std::array<std::vector<float>, kLayerNorms> norms;
    std::array<std::size_t, kProjections> rows_put{};
  };

  /// The layer that something is put into.
  Layer& changed(std::size_t index);

  std::vector<Layer> layers_;
  std::vector<float> final_norm_;
  Matrix embedding_;
  Matrix head_;
  std::array<std::size_t, kEnds> rows_put_{};
  std::size_t hidden_;
  std::size_t head_dim_;
  bool head_norms_;
  bool tied_;
  bool complete_ = false;  ///< found complete, and nothing was put since
  base::HugeMemory memory_;
};

}  // namespace tensafe::decoder
