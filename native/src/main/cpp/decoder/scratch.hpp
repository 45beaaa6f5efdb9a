#pragma once

#include <cstddef>

#include "base/huge_memory.hpp"
#include "decoder/shape.hpp"

namespace tensafe::decoder {

/// What a step computes on its way, row after row. Grows with the largest step so far and stays.
class Scratch {
 public:
  explicit Scratch(const Shape& shape, std::size_t (*step_bytes)(Format));

  /// Room for a step. Throws kNoMemory, and has then what it had.
  void reserve(std::size_t rows, std::size_t logit_rows, std::size_t reduced);

  float* residual = nullptr;      ///< [rows, hidden]
  float* input = nullptr;         ///< [rows, inputs of the group at hand]
  std::byte* prepared = nullptr;  ///< the input as kernels read it, `prepared_stride` bytes a row
  float* scales = nullptr;        ///< [rows], of int8
  float* outputs[3] = {};         ///< of the group at hand, [rows, outputs] each
  float* last = nullptr;          ///< [rows of logits, hidden]
  float* logits = nullptr;        ///< [rows of logits, vocabulary]
  float* reduced = nullptr;       ///< A·x of adapters
  std::size_t prepared_stride;

  std::size_t bytes() const noexcept { return memory_.size() + logit_memory_.size() + reduced_memory_.size(); }

 private:
  void place(std::size_t rows);

  const Shape& shape_;
  std::size_t widest_;
  std::size_t outputs_[3];
  std::size_t rows_ = 0;
  std::size_t logit_rows_ = 0;
  std::size_t reduced_ = 0;
  base::HugeMemory memory_;
  base::HugeMemory logit_memory_;
  base::HugeMemory reduced_memory_;
};

}  // namespace tensafe::decoder
