#include "decoder/scratch.hpp"

#include <algorithm>

#include "decoder/matrix.hpp"
#include "decoder/room.hpp"

namespace tensafe::decoder {
namespace {

constexpr std::size_t kLine = 64;

std::size_t grown(std::size_t wanted, std::size_t had) { return std::max(wanted, had + had / 2); }

}  // namespace

Scratch::Scratch(const Shape& shape, std::size_t (*step_bytes)(Format)) : shape_(shape) {
  widest_ = std::max({shape.hidden, shape.query_size(), shape.intermediate});
  outputs_[0] = std::max({shape.query_size(), shape.hidden, shape.intermediate});
  outputs_[1] = std::max(shape.key_value_size(), shape.intermediate);
  outputs_[2] = shape.key_value_size();
  prepared_stride = 0;
  for (Format format : {shape.weights, shape.ends}) {
    const std::size_t steps = Matrix(format, widest_, 1).steps();
    // rows a multiple of 4 KiB apart would meet in the same lines of the first cache
    prepared_stride = std::max(prepared_stride, padded(steps * step_bytes(format), kLine) + kLine);
  }
}

void Scratch::reserve(std::size_t rows, std::size_t logit_rows, std::size_t reduced) {
  // rows of logits are prepared, too
  const std::size_t prepared_rows = std::max(rows, logit_rows);
  if (prepared_rows > rows_) place(grown(prepared_rows, rows_));
  if (logit_rows > logit_rows_) {
    const std::size_t count = grown(logit_rows, logit_rows_);
    base::HugeMemory memory = room_for("a step", count * (shape_.vocabulary + shape_.hidden) * sizeof(float));
    logits = reinterpret_cast<float*>(memory.data());
    last = logits + count * shape_.vocabulary;
    logit_memory_ = std::move(memory);
    logit_rows_ = count;
  }
  if (reduced > reduced_) {
    const std::size_t count = grown(reduced, reduced_);
    base::HugeMemory memory = room_for("a step", count * sizeof(float));
    this->reduced = reinterpret_cast<float*>(memory.data());
    reduced_memory_ = std::move(memory);
    reduced_ = count;
  }
}

void Scratch::place(std::size_t rows) {
  const std::size_t floats[] = {shape_.hidden, widest_, 1, outputs_[0], outputs_[1], outputs_[2]};
  std::size_t bytes = rows * prepared_stride;
  for (std::size_t width : floats) bytes += padded(rows * width * sizeof(float), kLine);
  base::HugeMemory memory = room_for("a step", bytes);
  std::byte* at = memory.data();
  prepared = at;
  at += rows * prepared_stride;
  float** const places[] = {&residual, &input, &scales, &outputs[0], &outputs[1], &outputs[2]};
  for (std::size_t i = 0; i < std::size(places); ++i) {
    *places[i] = reinterpret_cast<float*>(at);
    at += padded(rows * floats[i] * sizeof(float), kLine);
  }
  memory_ = std::move(memory);
  rows_ = rows;
}

}  // namespace tensafe::decoder
