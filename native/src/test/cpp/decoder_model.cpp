#include "decoder_model.hpp"

#include <algorithm>
#include <numeric>

#include "base/denormals.hpp"
#include "decoder_twin.hpp"

namespace tensafe::test {

using namespace decoder;

namespace {

std::vector<float> scaled(std::size_t count, std::size_t inputs) {
  std::vector<float> out(count);
  const float scale = 2.0f / std::sqrt(static_cast<float>(inputs));
  for (float& value : out) value = uniform() * scale;
  return out;
}

std::vector<float> near_one(std::size_t count) {
  std::vector<float> out(count);
  for (float& value : out) value = 1.0f + uniform() / 2;
  return out;
}

const std::byte* bytes(const std::vector<float>& values) { return reinterpret_cast<const std::byte*>(values.data()); }

std::vector<float> with_bias(std::vector<float> y, const std::vector<float>& bias) {
  for (std::size_t i = 0; i < bias.size(); ++i) y[i] += bias[i];
  return y;
}

}  // namespace

Model::Model(Shape s) : shape(std::move(s)), layers(shape.layers) {
  for (Layer& layer : layers) {
    for (std::size_t p = 0; p < kProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const std::size_t in = inputs(shape, projection), out = outputs(shape, projection);
      layer.weights[p] = scaled(in * out, in);
      if (one_in(3)) layer.biases[p] = numbers(out, Spread::kTame);
    }
    layer.norms = {near_one(shape.hidden), near_one(shape.hidden), near_one(shape.head_dim),
                   near_one(shape.head_dim)};
  }
  embedding = numbers(shape.vocabulary * shape.hidden, Spread::kTame);
  final_norm = near_one(shape.hidden);
  head = shape.tied ? embedding : scaled(shape.vocabulary * shape.hidden, shape.hidden);
}

void Model::fill(Weights& weights) const {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (std::size_t p = 0; p < kProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const std::size_t in = inputs(shape, projection), out = outputs(shape, projection), cut = below(out + 1);
      const std::byte* rows = bytes(layers[l].weights[p]);
      weights.put_projection(l, projection, Source::kFloat32, 0, cut, rows);
      weights.put_projection(l, projection, Source::kFloat32, cut, out - cut, rows + cut * in * sizeof(float));
      if (!layers[l].biases[p].empty()) weights.put_bias(l, projection, Source::kFloat32, bytes(layers[l].biases[p]));
    }
    for (std::size_t n = 0; n < (shape.head_norms ? kLayerNorms : 2); ++n) {
      weights.put_norm(l, static_cast<LayerNorm>(n), Source::kFloat32, bytes(layers[l].norms[n]));
    }
  }
  weights.put_end(End::kEmbedding, Source::kFloat32, 0, shape.vocabulary, bytes(embedding));
  weights.put_end(End::kFinalNorm, Source::kFloat32, 0, 1, bytes(final_norm));
  if (!shape.tied) weights.put_end(End::kHead, Source::kFloat32, 0, shape.vocabulary, bytes(head));
}

std::vector<float> Model::logits(const std::vector<std::int32_t>& tokens) const {
  const base::FlushDenormals flush;
  const std::size_t length = tokens.size(), head_dim = shape.head_dim, half = head_dim / 2;
  const std::size_t width = shape.key_value_size();
  const float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
  std::vector<std::vector<float>> x(length);
  for (std::size_t p = 0; p < length; ++p) {
    for (std::size_t i = 0; i < shape.hidden; ++i) {
      x[p].push_back(twin::stored(shape.ends, embedding[static_cast<std::size_t>(tokens[p]) * shape.hidden + i]));
    }
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Layer& layer = layers[l];
    const auto project = [&](Projection projection, const std::vector<float>& in) {
      const auto p = static_cast<std::size_t>(projection);
      return with_bias(twin::product(shape.weights, in.data(), layer.weights[p].data(), in.size(),
                                     outputs(shape, projection)),
                       layer.biases[p]);
    };
    const auto add = [](std::vector<float>& to, const std::vector<float>& from) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
    };
    std::vector<float> keys, values;
    for (std::size_t p = 0; p < length; ++p) {
      const auto turn = [&](std::vector<float>& heads, const std::vector<float>& weight) {
        for (std::size_t at = 0; at < heads.size(); at += head_dim) {
          std::vector<float> cosines, sines;
          for (std::size_t i = 0; i < half; ++i) {
            cosines.push_back(cosine(shape, p, i));
            sines.push_back(sine(shape, p, i));
          }
          if (shape.head_norms) {
            const std::vector<float> normal = twin::norm(&heads[at], weight.data(), head_dim, shape.eps);
            std::copy(normal.begin(), normal.end(), &heads[at]);
          }
          twin::rotate(&heads[at], cosines.data(), sines.data(), half);
        }
      };
      const std::vector<float> in = twin::norm(x[p].data(), layer.norms[0].data(), shape.hidden, shape.eps);
      std::vector<float> query = project(Projection::kQ, in), key = project(Projection::kK, in);
      const std::vector<float> value = project(Projection::kV, in);
      turn(query, layer.norms[2]);
      turn(key, layer.norms[3]);
      keys.insert(keys.end(), key.begin(), key.end());
      values.insert(values.end(), value.begin(), value.end());
      std::vector<float> seen;
      for (std::size_t h = 0; h < shape.heads; ++h) {
        const std::size_t at = h / shape.share() * head_dim;
        const std::vector<float> one = twin::attend(shape.cache, &query[h * head_dim], &keys[at], &values[at], width,
                                                    head_dim, p, shape.windows[l], scale);
        seen.insert(seen.end(), one.begin(), one.end());
      }
      add(x[p], project(Projection::kO, seen));
      const std::vector<float> wide = twin::norm(x[p].data(), layer.norms[1].data(), shape.hidden, shape.eps);
      std::vector<float> gate = project(Projection::kGate, wide);
      const std::vector<float> up = project(Projection::kUp, wide);
      for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = twin::swiglu(gate[i], up[i]);
      add(x[p], project(Projection::kDown, gate));
    }
  }
  std::vector<float> out;
  for (std::size_t p = 0; p < length; ++p) {
    const std::vector<float> last = twin::norm(x[p].data(), final_norm.data(), shape.hidden, shape.eps);
    const std::vector<float> row =
        twin::product(shape.ends, last.data(), head.data(), shape.hidden, shape.vocabulary);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

Shape any_shape() {
  constexpr std::size_t kHeads[] = {2, 4, 8, 8, 16, 18, 32, 64};
  Shape shape;
  shape.hidden = between(1, 70);
  shape.intermediate = between(1, 90);
  shape.layers = between(1, 3);
  shape.kv_heads = between(1, 3);
  shape.heads = shape.kv_heads * (one_in(4) ? between(5, 15) : between(1, 4));
  shape.head_dim = kHeads[below(std::size(kHeads))];
  shape.vocabulary = between(1, 90);
  shape.eps = one_in(2) ? 1e-5f : 1e-6f;
  for (std::size_t l = 0; l < shape.layers; ++l) shape.windows.push_back(one_in(2) ? 0 : between(1, 40));
  shape.head_norms = one_in(2);
  shape.tied = one_in(2);
  shape.weights = static_cast<Format>(below(3));
  shape.ends = static_cast<Format>(below(2));
  shape.cache = static_cast<Format>(below(2));
  return shape;
}

namespace {
double angle(const Shape& shape, std::size_t position, std::size_t i) {
  return static_cast<double>(position) * std::pow(500.0, -2.0 * static_cast<double>(i) / shape.head_dim);
}
}  // namespace

float cosine(const Shape& shape, std::size_t position, std::size_t i) {
  return static_cast<float>(std::cos(angle(shape, position, i)));
}
float sine(const Shape& shape, std::size_t position, std::size_t i) {
  return static_cast<float>(std::sin(angle(shape, position, i)));
}

std::vector<Sequence> any_sequences(const Shape& shape, std::size_t count, std::size_t longest,
                                    std::size_t& blocks) {
  std::vector<Sequence> sequences(count);
  blocks = 1;
  for (Sequence& sequence : sequences) {
    sequence.tokens.resize(between(1, longest));
    for (std::int32_t& token : sequence.tokens) token = static_cast<std::int32_t>(below(shape.vocabulary));
    sequence.blocks.resize(padded(sequence.tokens.size(), kBlock) / kBlock + below(2));
    blocks += sequence.blocks.size();
  }
  std::vector<std::int32_t> all(blocks);
  std::iota(all.begin(), all.end(), 0);
  std::shuffle(all.begin(), all.end(), test_random());
  for (Sequence& sequence : sequences) {
    for (std::int32_t& block : sequence.blocks) {
      block = all.back();
      all.pop_back();
    }
  }
  return sequences;
}

StepInput step_of(const Shape& shape, const std::vector<Sequence>& sequences, const std::vector<std::size_t>& counts,
                  bool all_logits) {
  StepInput step;
  std::vector<std::int32_t> runs, tokens, blocks;
  std::vector<StepInput::Row> rows;
  std::vector<float> sines;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const Sequence& sequence = sequences[s];
    if (counts[s] == 0) continue;
    for (std::size_t value : {counts[s], sequence.done, sequence.blocks.size()}) {
      runs.push_back(static_cast<std::int32_t>(value));
    }
    blocks.insert(blocks.end(), sequence.blocks.begin(), sequence.blocks.end());
    for (std::size_t p = sequence.done; p < sequence.done + counts[s]; ++p) {
      tokens.push_back(sequence.tokens[p]);
      rows.push_back({s, p});
      for (std::size_t i = 0; i < shape.head_dim / 2; ++i) {
        step.angles.push_back(cosine(shape, p, i));
        sines.push_back(sine(shape, p, i));
      }
    }
  }
  step.rows = rows.size();
  step.angles.insert(step.angles.end(), sines.begin(), sines.end());
  std::vector<std::int32_t> wanted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (all_logits || one_in(2)) wanted.push_back(static_cast<std::int32_t>(i));
    if (!all_logits && one_in(6)) wanted.push_back(static_cast<std::int32_t>(i));
  }
  if (!all_logits) std::shuffle(wanted.begin(), wanted.end(), test_random());
  for (std::int32_t row : wanted) step.logit_rows.push_back(rows[static_cast<std::size_t>(row)]);
  for (std::size_t value : {runs.size() / 3, rows.size(), wanted.size(), blocks.size()}) {
    step.list.push_back(static_cast<std::int32_t>(value));
  }
  for (const auto* part : {&runs, &tokens, &blocks, &wanted}) {
    step.list.insert(step.list.end(), part->begin(), part->end());
  }
  return step;
}

std::vector<std::size_t> any_counts(const std::vector<Sequence>& sequences, std::size_t most) {
  std::vector<std::size_t> counts(sequences.size(), 0);
  std::size_t sum = 0;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const std::size_t left = sequences[s].tokens.size() - sequences[s].done;
    if (left == 0 || one_in(3)) continue;
    sum += counts[s] = one_in(3) ? 1 : between(1, std::min(left, most));
  }
  for (std::size_t s = 0; s < sequences.size() && sum == 0; ++s) {
    if (sequences[s].done < sequences[s].tokens.size()) sum += counts[s] = 1;
  }
  return counts;
}

}  // namespace tensafe::test
