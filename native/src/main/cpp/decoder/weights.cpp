#include "decoder/weights.hpp"

#include "decoder/errors.hpp"
#include "decoder/room.hpp"

namespace tensafe::decoder {

Weights::Weights(const Shape& shape)
    : layers_(shape.layers),
      embedding_(shape.ends, shape.hidden, shape.vocabulary),
      head_(shape.ends, shape.hidden, shape.vocabulary),
      hidden_(shape.hidden),
      head_dim_(shape.head_dim),
      head_norms_(shape.head_norms),
      tied_(shape.tied) {
  std::size_t bytes = head_.bytes() + (tied_ ? 0 : embedding_.bytes());
  for (Layer& layer : layers_) {
    for (std::size_t p = 0; p < kProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      layer.projections[p] = Matrix(shape.weights, inputs(shape, projection), outputs(shape, projection));
      bytes += layer.projections[p].bytes();
    }
  }
  memory_ = room_for("weights", bytes);
  // In the order of a step, so that a step reads memory front to back.
  std::byte* at = memory_.data();
  const auto place = [&](Matrix& matrix) {
    matrix.place(at, matrix.panel_bytes());
    at += matrix.bytes();
  };
  for (Layer& layer : layers_) {
    for (Projection p : {Projection::kQ, Projection::kK, Projection::kV, Projection::kO}) {
      place(layer.projections[static_cast<std::size_t>(p)]);
    }
    // gate and up in turns: their outputs meet in one product
    Matrix& gate = layer.projections[static_cast<std::size_t>(Projection::kGate)];
    Matrix& up = layer.projections[static_cast<std::size_t>(Projection::kUp)];
    gate.place(at, 2 * gate.panel_bytes());
    up.place(at + gate.panel_bytes(), 2 * gate.panel_bytes());
    at += 2 * gate.bytes();
    place(layer.projections[static_cast<std::size_t>(Projection::kDown)]);
  }
  place(head_);
  if (!tied_) place(embedding_);
}

Weights::Layer& Weights::changed(std::size_t index) {
  complete_ = false;
  require(index < layers_.size(), ErrorCode::kInvalidArgument, "decoder: there is no such layer");
  return layers_[index];
}

void Weights::put_projection(std::size_t index, Projection projection, Source source, std::size_t first,
                             std::size_t count, const std::byte* elements) {
  Layer& own = changed(index);
  const auto p = static_cast<std::size_t>(projection);
  own.projections[p].put(source, first, count, elements);
  own.rows_put[p] += count;
}

void Weights::put_bias(std::size_t index, Projection projection, Source source, const std::byte* elements) {
  Layer& own = changed(index);
  const auto p = static_cast<std::size_t>(projection);
  own.biases[p].resize(own.projections[p].outputs());
  widen(source, own.biases[p].size(), elements, own.biases[p].data());
}

void Weights::put_norm(std::size_t index, LayerNorm norm, Source source, const std::byte* elements) {
  auto& own = changed(index).norms[static_cast<std::size_t>(norm)];
  own.resize(norm == LayerNorm::kQuery || norm == LayerNorm::kKey ? head_dim_ : hidden_);
  widen(source, own.size(), elements, own.data());
}

void Weights::put_end(End end, Source source, std::size_t first, std::size_t count, const std::byte* elements) {
  complete_ = false;
  if (end == End::kFinalNorm) {
    final_norm_.resize(hidden_);
    widen(source, hidden_, elements, final_norm_.data());
    return;
  }
  require(!(tied_ && end == End::kHead), ErrorCode::kInvalidArgument,
          "decoder: the head is the embedding table here");
  Matrix& matrix = end == End::kHead || tied_ ? head_ : embedding_;
  matrix.put(source, first, count, elements);
  rows_put_[static_cast<std::size_t>(end)] += count;
}

void Weights::require_complete() {
  if (complete_) return;
  bool complete = !final_norm_.empty() && rows_put_[static_cast<std::size_t>(End::kEmbedding)] == head_.outputs() &&
                  (tied_ || rows_put_[static_cast<std::size_t>(End::kHead)] == head_.outputs());
  for (const Layer& layer : layers_) {
    for (std::size_t p = 0; p < kProjections; ++p) {
      complete = complete && layer.rows_put[p] == layer.projections[p].outputs();
    }
    for (std::size_t n = 0; n < (head_norms_ ? kLayerNorms : 2); ++n) complete = complete && !layer.norms[n].empty();
  }
  require(complete, ErrorCode::kIncomplete, "decoder: a tensor was not put, or some of its rows twice");
  complete_ = true;
}

}  // namespace tensafe::decoder
