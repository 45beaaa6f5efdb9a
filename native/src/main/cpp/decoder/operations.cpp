#include <algorithm>
#include <cmath>

#include "decoder/decoder.hpp"
#include "lora/adapter.hpp"
#include "lora/low_rank_kernels.hpp"

// The operations of a step.

namespace tensafe::decoder {
namespace {

/// Calls body(first, count) for blocks of rows of nearly one size.
template <typename Body>
void row_blocks(std::size_t rows, std::size_t most, Body body) {
  const std::size_t blocks = (rows + most - 1) / most;
  std::size_t first = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t end = rows * (i + 1) / blocks;
    body(first, end - first);
    first = end;
  }
}

std::size_t bytes_of(const lora::Module& module) { return module.storage == lora::Storage::kBfloat16 ? 2 : 4; }

/// A panel of A.
std::span<const std::uint8_t> panel_of(const lora::Module& module, std::size_t panel) {
  const std::size_t bytes = module.in * lora::kRankPanel * bytes_of(module);
  return {module.a.data() + panel * bytes, bytes};
}

/// Has the processor read what is needed soon.
void read_ahead(std::span<const std::uint8_t> memory) {
  for (std::size_t i = 0; i < memory.size(); i += 64) __builtin_prefetch(memory.data() + i, 0, 2);
}

/// Pieces a thread takes of an operation: few enough to read weights in long runs.
constexpr std::size_t kPiecesPerThread = 4;

}  // namespace

std::size_t Decoder::row_chunk(std::size_t rows) const {
  return std::max<std::size_t>(1, rows / (pool_.threads() * kPiecesPerThread));
}

void Decoder::embed(Pieces& pieces) {
  pieces.share(step_.rows(), 1, [&](std::size_t row) {
    weights_.embedding().row(static_cast<std::size_t>(step_.tokens()[row]), scratch_.residual + row * shape_.hidden);
  });
}

void Decoder::prepare_row(const Matrix& matrix, const float* x, std::size_t row) {
  scratch_.scales[row] = kernels_.prepare(matrix.format(), x, matrix.inputs(), matrix.steps(),
                                          scratch_.prepared + row * scratch_.prepared_stride);
}

void Decoder::norm(const Operation& operation, Pieces& pieces) {
  const bool first = operation.group == Group::kQkv;
  const float* weight = weights_.norm(operation.layer, first ? LayerNorm::kInput : LayerNorm::kAfterAttention);
  const Matrix& matrix = weights_.projection(operation.layer, first_of(operation.group));
  pieces.share(step_.rows(), row_chunk(step_.rows()), [&](std::size_t row) {
    float* x = scratch_.input + row * shape_.hidden;
    kernels_.norm(scratch_.residual + row * shape_.hidden, weight, shape_.hidden, shape_.eps, x);
    prepare_row(matrix, x, row);
  });
}

void Decoder::prepare(const Operation& operation, Pieces& pieces) {
  const Matrix& matrix = weights_.projection(operation.layer, first_of(operation.group));
  pieces.share(step_.rows(), row_chunk(step_.rows()),
        [&](std::size_t row) { prepare_row(matrix, scratch_.input + row * matrix.inputs(), row); });
}

void Decoder::shrink(const Operation& operation, Pieces& pieces) {
  // A piece is one panel of ranks of one adapter's module.
  const auto first = static_cast<std::size_t>(first_of(operation.group));
  const std::size_t count = members(operation.group);
  const std::size_t panels = rank_stride_ / lora::kRankPanel;
  const std::size_t all = adapters_.adapters.size() * count * panels;
  const auto module_of = [&](std::size_t piece) -> const lora::Module* {
    const std::size_t member = piece / panels % count;
    const lora::Module* module = adapters_.adapters[piece / (count * panels)]->find(
        operation.layer * kProjections + first + member);
    return module != nullptr && piece % panels < lora::panels(module->rank, lora::kRankPanel) ? module : nullptr;
  };
  pieces.share(all, 1, [&](std::size_t piece) {
    // pieces lie in many places: the one that this thread takes next is read ahead
    const std::size_t later = piece + pool_.threads();
    if (later < all) {
      if (const lora::Module* module = module_of(later)) read_ahead(panel_of(*module, later % panels));
    }
    const lora::Module* module = module_of(piece);
    if (module == nullptr) return;
    const std::size_t segment = piece / (count * panels);
    const std::size_t member = piece / panels % count;
    const auto from = static_cast<std::size_t>(adapters_.starts[segment]);
    const auto end = static_cast<std::size_t>(adapters_.starts[segment + 1]);
    lora::kernels().shrink(*module, piece % panels, piece % panels + 1, scratch_.input, adapters_.rows.data() + from,
                           end - from, scratch_.reduced + (member * adapters_.count() + from) * rank_stride_,
                           rank_stride_);
  });
}

void Decoder::product(const Matrix& matrix, std::size_t panel, std::size_t row, std::size_t rows, float* tile) const {
  kernels_.product({matrix.format(), scratch_.prepared + row * scratch_.prepared_stride, scratch_.prepared_stride,
                    scratch_.scales + row, rows, matrix.panel(panel), matrix.steps(), shape_.order},
                   tile);
}

void Decoder::linear(const Operation& operation, Pieces& pieces) {
  // gate and up come in pairs of panels, the others one after the other
  const bool paired = operation.group == Group::kGateUp;
  const std::size_t count = paired ? 1 : members(operation.group);
  std::size_t ends[3];
  std::size_t panels = 0;
  for (std::size_t m = 0; m < count; ++m) {
    const auto projection = static_cast<Projection>(static_cast<std::size_t>(first_of(operation.group)) + m);
    ends[m] = panels += weights_.projection(operation.layer, projection).panels();
  }
  const std::size_t chunk = std::max<std::size_t>(1, panels / (pool_.threads() * kPiecesPerThread));
  pieces.share(panels, chunk, [&](std::size_t index) {
    std::size_t member = 0;
    while (index >= ends[member]) ++member;
    panel(operation, member, member == 0 ? index : index - ends[member - 1]);
  });
}

void Decoder::panel(const Operation& operation, std::size_t member, std::size_t panel) {
  const auto first = static_cast<std::size_t>(first_of(operation.group));
  const Matrix& matrix = weights_.projection(operation.layer, static_cast<Projection>(first + member));
  const bool paired = operation.group == Group::kGateUp;
  const bool open = is_open(operation);
  fetch(operation, member, panel + 1);
  if (paired) fetch(operation, 1, panel + 1);
  row_blocks(step_.rows(), kernels_.row_block, [&](std::size_t row, std::size_t rows) {
    alignas(64) float tile[2][kMaxRowBlock * kPanel];
    product(matrix, panel, row, rows, tile[0]);
    complete(operation, member, panel, row, rows, tile[0]);
    if (!paired) return finish(operation, member, panel, row, rows, tile[0]);
    product(weights_.projection(operation.layer, Projection::kUp), panel, row, rows, tile[1]);
    complete(operation, 1, panel, row, rows, tile[1]);
    if (open) {
      finish(operation, 0, panel, row, rows, tile[0]);
      return finish(operation, 1, panel, row, rows, tile[1]);
    }
    const std::size_t column = panel * kPanel;
    const std::size_t width = std::min(kPanel, shape_.intermediate - column);
    for (std::size_t r = 0; r < rows; ++r) {
      kernels_.swiglu(tile[0] + r * kPanel, tile[1] + r * kPanel, width,
                      scratch_.input + (row + r) * shape_.intermediate + column);
    }
  });
}

void Decoder::fetch(const Operation& operation, std::size_t member, std::size_t panel) const {
  const auto projection = static_cast<std::size_t>(first_of(operation.group)) + member;
  for (const lora::Adapter* adapter : adapters_.adapters) {
    const lora::Module* module = adapter->find(operation.layer * kProjections + projection);
    if (module == nullptr || panel * kPanel >= module->out) continue;
    const std::size_t bytes = module->rank * kPanel * bytes_of(*module);
    read_ahead({module->b.data() + panel * bytes, bytes});
  }
}

void Decoder::complete(const Operation& operation, std::size_t member, std::size_t panel, std::size_t row,
                       std::size_t rows, float* tile) const {
  const auto projection = static_cast<std::size_t>(first_of(operation.group)) + member;
  const float* bias = weights_.bias(operation.layer, static_cast<Projection>(projection));
  const std::size_t column = panel * kPanel;
  if (bias != nullptr) {
    const std::size_t width =
        std::min(kPanel, weights_.projection(operation.layer, static_cast<Projection>(projection)).outputs() - column);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < width; ++c) tile[r * kPanel + c] += bias[column + c];
    }
  }
  if (adapters_.adapters.empty()) return;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::int32_t segment = adapters_.segment_of[row + r];
    if (segment < 0) continue;
    const lora::Module* module =
        adapters_.adapters[static_cast<std::size_t>(segment)]->find(operation.layer * kProjections + projection);
    if (module == nullptr) continue;
    const auto place = static_cast<std::size_t>(adapters_.place_of[row + r]);
    kernels_.expand(scratch_.reduced + (member * adapters_.count() + place) * rank_stride_, module->rank,
                    module->storage == lora::Storage::kBfloat16 ? Format::kBfloat16 : Format::kFloat32,
                    reinterpret_cast<const std::byte*>(module->b.data()) + column * module->rank * bytes_of(*module),
                    tile + r * kPanel);
  }
}

void Decoder::finish(const Operation& operation, std::size_t member, std::size_t panel, std::size_t row,
                     std::size_t rows, const float* tile) {
  const auto projection = static_cast<Projection>(static_cast<std::size_t>(first_of(operation.group)) + member);
  const std::size_t outputs = weights_.projection(operation.layer, projection).outputs();
  const std::size_t column = panel * kPanel;
  const std::size_t width = std::min(kPanel, outputs - column);
  // the outputs of a closed o or down go straight to the residual stream
  const bool adds = (operation.group == Group::kO || operation.group == Group::kDown) && !is_open(operation);
  float* to = (adds ? scratch_.residual : scratch_.outputs[member]) + row * outputs + column;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* from = tile + r * kPanel;
    float* out = to + r * outputs;
    for (std::size_t c = 0; c < width; ++c) out[c] = adds ? out[c] + from[c] : from[c];
  }
}

void Decoder::heads(const Operation& operation, Pieces& pieces) {
  const std::size_t half = shape_.head_dim / 2;
  const float* query_norm = shape_.head_norms ? weights_.norm(operation.layer, LayerNorm::kQuery) : nullptr;
  const float* key_norm = shape_.head_norms ? weights_.norm(operation.layer, LayerNorm::kKey) : nullptr;
  const auto turn = [&](float* head, const float* weight, std::size_t row) {
    if (weight != nullptr) kernels_.norm(head, weight, shape_.head_dim, shape_.eps, head);
    const float* cosines = angles_.data() + row * half;
    kernels_.rotate(head, cosines, cosines + step_.rows() * half, half);
  };
  pieces.share(step_.rows(), row_chunk(step_.rows()), [&](std::size_t row) {
    float* queries = scratch_.outputs[0] + row * shape_.query_size();
    for (std::size_t h = 0; h < shape_.heads; ++h) turn(queries + h * shape_.head_dim, query_norm, row);
    const Run& run = step_.runs()[step_.run_of(row)];
    const std::size_t position = run.start + row - run.first_row;
    const auto block = static_cast<std::size_t>(run.blocks[position / kBlock]);
    for (std::size_t h = 0; h < shape_.kv_heads; ++h) {
      float* key = scratch_.outputs[1] + row * shape_.key_value_size() + h * shape_.head_dim;
      turn(key, key_norm, row);
      cache_.put(operation.layer, h, block, position % kBlock, key,
                 scratch_.outputs[2] + row * shape_.key_value_size() + h * shape_.head_dim);
    }
  });
}

void Decoder::attend(const Operation& operation, Pieces& pieces) {
  // A piece is some rows of one run with some of the heads that share a key/value head.
  const std::size_t heads = std::min(shape_.share(), kernels_.queries);
  const std::size_t head_pieces = (shape_.share() + heads - 1) / heads;
  const std::size_t most_rows = std::max<std::size_t>(1, kernels_.queries / heads);
  const std::size_t per_block = shape_.kv_heads * head_pieces;
  std::size_t all = 0;
  for (const Run& run : step_.runs()) all += (run.rows + most_rows - 1) / most_rows * per_block;
  std::size_t index = 0;
  std::size_t before = 0;
  const float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape_.head_dim)));
  pieces.share(all, 1, [&](std::size_t piece) {
    // pieces that a thread takes ascend, so the run is this one or a later one
    const auto blocks_of = [&](const Run& run) { return (run.rows + most_rows - 1) / most_rows; };
    while (piece - before >= blocks_of(step_.runs()[index]) * per_block) {
      before += blocks_of(step_.runs()[index]) * per_block;
      ++index;
    }
    const Run& run = step_.runs()[index];
    const std::size_t row_blocks = blocks_of(run);
    // the rows with the most positions first: the last pieces are the short ones
    const std::size_t own = piece - before;
    const std::size_t row_block = row_blocks - 1 - own / per_block;
    const std::size_t kv_head = own % per_block / head_pieces;
    const std::size_t first_head = own % head_pieces * heads;
    const std::size_t row = row_block * most_rows;
    const std::size_t at = kv_head * shape_.share() + first_head;
    AttentionTask task{};
    task.format = shape_.cache;
    task.queries = scratch_.outputs[0] + (run.first_row + row) * shape_.query_size() + at * shape_.head_dim;
    task.query_stride = shape_.query_size();
    task.out = scratch_.input + (run.first_row + row) * shape_.query_size() + at * shape_.head_dim;
    task.out_stride = shape_.query_size();
    task.rows = std::min(most_rows, run.rows - row);
    task.share = std::min(heads, shape_.share() - first_head);
    task.head_dim = shape_.head_dim;
    task.first_position = run.start + row;
    task.window = shape_.windows[operation.layer];
    task.scale = scale;
    task.cache = cache_.head(operation.layer, kv_head);
    task.block_stride = cache_.block_stride();
    task.blocks = run.blocks.data();
    kernels_.attend(task);
  });
}

void Decoder::add(const Operation&, Pieces& pieces) {
  pieces.share(step_.rows(), row_chunk(step_.rows()), [&](std::size_t row) {
    float* to = scratch_.residual + row * shape_.hidden;
    const float* from = scratch_.outputs[0] + row * shape_.hidden;
    for (std::size_t i = 0; i < shape_.hidden; ++i) to[i] += from[i];
  });
}

void Decoder::activate(const Operation&, Pieces& pieces) {
  const std::size_t width = shape_.intermediate;
  pieces.share(step_.rows(), row_chunk(step_.rows()), [&](std::size_t row) {
    kernels_.swiglu(scratch_.outputs[0] + row * width, scratch_.outputs[1] + row * width, width,
                    scratch_.input + row * width);
  });
}

void Decoder::last(Pieces& pieces) {
  pieces.share(step_.logit_rows().size(), 1, [&](std::size_t i) {
    const auto row = static_cast<std::size_t>(step_.logit_rows()[i]);
    float* x = scratch_.last + i * shape_.hidden;
    kernels_.norm(scratch_.residual + row * shape_.hidden, weights_.final_norm(), shape_.hidden, shape_.eps, x);
    prepare_row(weights_.head(), x, i);
  });
}

void Decoder::head(Pieces& pieces) {
  const Matrix& matrix = weights_.head();
  const std::size_t chunk = std::max<std::size_t>(1, matrix.panels() / (pool_.threads() * kPiecesPerThread * 4));
  pieces.share(matrix.panels(), chunk, [&](std::size_t panel) {
    const std::size_t column = panel * kPanel;
    const std::size_t width = std::min(kPanel, shape_.vocabulary - column);
    row_blocks(step_.logit_rows().size(), kernels_.row_block, [&](std::size_t row, std::size_t rows) {
      alignas(64) float tile[kMaxRowBlock * kPanel];
      product(matrix, panel, row, rows, tile);
      for (std::size_t r = 0; r < rows; ++r) {
        std::copy_n(tile + r * kPanel, width, scratch_.logits + (row + r) * shape_.vocabulary + column);
      }
    });
  });
}

}  // namespace tensafe::decoder
