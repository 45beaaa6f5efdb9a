#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "decoder/decoder.hpp"
#include "decoder_numbers.hpp"

// A random model, its sequences and their steps, and the logits of the twin for them.

namespace tensafe::test {

/// Weights as a checkpoint has them, row-major.
struct Model {
  explicit Model(decoder::Shape shape);

  /// Puts every tensor, in pieces.
  void fill(decoder::Weights& weights) const;
  /// What the twin computes for all positions of a sequence: [positions][vocabulary].
  std::vector<float> logits(const std::vector<std::int32_t>& tokens) const;

  struct Layer {
    std::array<std::vector<float>, decoder::kProjections> weights;
    std::array<std::vector<float>, decoder::kProjections> biases;  ///< empty where there is none
    std::array<std::vector<float>, decoder::kLayerNorms> norms;
  };

  decoder::Shape shape;
  std::vector<Layer> layers;
  std::vector<float> embedding;
  std::vector<float> final_norm;
  std::vector<float> head;  ///< the embedding table where it is tied
};

/// Any small shape.
decoder::Shape any_shape();

/// The i-th angle of a head at a position.
float cosine(const decoder::Shape& shape, std::size_t position, std::size_t i);
float sine(const decoder::Shape& shape, std::size_t position, std::size_t i);

struct Sequence {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> blocks;
  std::size_t done = 0;
};
/// Sequences of these lengths at most, whose blocks lie anywhere among the first `blocks` of a cache.
std::vector<Sequence> any_sequences(const decoder::Shape& shape, std::size_t count, std::size_t longest,
                                    std::size_t& blocks);

/// Rows of some sequences, as a decoder takes them.
struct StepInput {
  struct Row {
    std::size_t sequence;
    std::size_t position;
  };
  std::vector<std::int32_t> list;
  std::vector<float> angles;
  std::vector<Row> logit_rows;
  std::size_t rows = 0;
};
/// A run of counts[i] rows of the i-th sequence from `done` on, where that is not 0. Logits of all rows, or of
/// some, in any order and more than once.
StepInput step_of(const decoder::Shape& shape, const std::vector<Sequence>& sequences,
                  const std::vector<std::size_t>& counts, bool all_logits);

/// Any sequences go on by any number of rows, up to `most`.
std::vector<std::size_t> any_counts(const std::vector<Sequence>& sequences, std::size_t most);

}  // namespace tensafe::test
