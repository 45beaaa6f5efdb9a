#pragma once

#include <cstddef>
#include <cstdint>

#include "decoder/kernels/decoder_kernels.hpp"

namespace tensafe::decoder {

/// How elements of a checkpoint's tensor come.
enum class Source : int { kFloat32 = 0, kFloat16 = 1, kBfloat16 = 2 };

constexpr std::size_t bytes_of(Source source) { return source == Source::kFloat32 ? 4 : 2; }

/// A weight matrix [outputs][inputs] in panels of 32 outputs. A panel is a run of steps of 128 bytes: four
/// bytes an output, which are one float32, two bfloat16 or four int8 of inputs beside each other. Behind the
/// steps of an int8 panel stand a float32 scale and an int32 offset, 128 times the sum of its weights, for
/// each output. What pads a panel is 0. Does not own its memory.
class Matrix {
 public:
  Matrix() = default;
  Matrix(Format format, std::size_t inputs, std::size_t outputs);

  Format format() const noexcept { return format_; }
  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return outputs_; }
  std::size_t steps() const noexcept { return steps_; }
  std::size_t panels() const noexcept { return padded(outputs_, kPanel) / kPanel; }
  std::size_t panel_bytes() const noexcept;
  std::size_t bytes() const noexcept { return panels() * panel_bytes(); }

  /// Where panels are, `stride` bytes from one to the next.
  void place(std::byte* data, std::size_t stride) noexcept {
    data_ = data;
    stride_ = stride;
  }
  const std::byte* panel(std::size_t index) const noexcept { return data_ + index * stride_; }

  /// Stores rows [first, first + count) of the tensor, whole and row-major.
  void put(Source source, std::size_t first, std::size_t count, const std::byte* elements);
  /// One row as float32, what an embedding table is asked for.
  void row(std::size_t index, float* out) const;

 private:
  void put_int8(std::size_t index, const float* row);

  Format format_ = Format::kFloat32;
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  std::size_t steps_ = 0;
  std::byte* data_ = nullptr;
  std::size_t stride_ = 0;
};

/// Elements of a tensor as float32.
void widen(Source source, std::size_t count, const std::byte* elements, float* out);

}  // namespace tensafe::decoder
