#include "decoder/matrix.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "base/numbers.hpp"
#include "decoder/errors.hpp"

namespace tensafe::decoder {
namespace {

constexpr std::size_t kStepBytes = 4 * kPanel;
constexpr std::size_t kBehind = 2 * kStepBytes;

/// Inputs that every kernel set may read at once.
constexpr std::size_t kInputs[] = {16, 32, 64};

std::uint16_t load16(const std::byte* at) {
  std::uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

}  // namespace

Matrix::Matrix(Format format, std::size_t inputs, std::size_t outputs)
    : format_(format),
      inputs_(inputs),
      outputs_(outputs),
      steps_(padded(inputs, kInputs[static_cast<int>(format)]) / per_step(format)) {}

std::size_t Matrix::panel_bytes() const noexcept {
  return steps_ * kStepBytes + (format_ == Format::kInt8 ? kBehind : 0);
}

void widen(Source source, std::size_t count, const std::byte* elements, float* out) {
  switch (source) {
    case Source::kFloat32:
      std::memcpy(out, elements, count * sizeof(float));
      return;
    case Source::kFloat16:
      for (std::size_t i = 0; i < count; ++i) out[i] = base::from_half(load16(elements + 2 * i));
      return;
    case Source::kBfloat16:
      for (std::size_t i = 0; i < count; ++i) out[i] = base::from_bfloat16(load16(elements + 2 * i));
      return;
  }
}

void Matrix::put(Source source, std::size_t first, std::size_t count, const std::byte* elements) {
  require(first <= outputs_ && count <= outputs_ - first, ErrorCode::kInvalidArgument,
          "decoder: more rows than the tensor has");
  std::vector<float> wide(inputs_);
  std::vector<std::uint16_t> narrow(padded(inputs_, 2), 0);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = first + i;
    const std::byte* row = elements + i * inputs_ * bytes_of(source);
    std::byte* lane = data_ + index / kPanel * stride_ + index % kPanel * 4;
    if (format_ == Format::kBfloat16) {
      if (source == Source::kBfloat16) {
        std::memcpy(narrow.data(), row, inputs_ * 2);
      } else {
        widen(source, inputs_, row, wide.data());
        for (std::size_t j = 0; j < inputs_; ++j) narrow[j] = base::to_bfloat16(wide[j]);
      }
      for (std::size_t s = 0; 2 * s < inputs_; ++s) std::memcpy(lane + s * kStepBytes, &narrow[2 * s], 4);
      continue;
    }
    widen(source, inputs_, row, wide.data());
    if (format_ == Format::kInt8) {
      put_int8(index, wide.data());
    } else {
      for (std::size_t s = 0; s < inputs_; ++s) std::memcpy(lane + s * kStepBytes, &wide[s], 4);
    }
  }
}

void Matrix::put_int8(std::size_t index, const float* row) {
  float largest = 0;
  for (std::size_t i = 0; i < inputs_; ++i) largest = std::fmax(largest, std::fabs(row[i]));
  require(std::isfinite(largest), ErrorCode::kInvalidArgument,
          "decoder: a weight is infinite; 8 bits cannot hold it");
  // below, 127 / largest may be infinite
  const float inverse = largest >= 0x1p-120f ? 127.0f / largest : 0.0f;
  std::byte* panel = data_ + index / kPanel * stride_;
  std::byte* lane = panel + index % kPanel * 4;
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < inputs_; ++i) {
    require(row[i] == row[i], ErrorCode::kInvalidArgument, "decoder: a weight is no number; 8 bits cannot hold it");
    const auto value = static_cast<std::int8_t>(std::lrintf(row[i] * inverse));
    sum += value;
    std::memcpy(lane + i / 4 * kStepBytes + i % 4, &value, 1);
  }
  const float scale = largest / 127.0f;
  const std::int32_t offset = 128 * sum;
  std::byte* behind = panel + steps_ * kStepBytes + index % kPanel * 4;
  std::memcpy(behind, &scale, 4);
  std::memcpy(behind + kStepBytes, &offset, 4);
}

void Matrix::row(std::size_t index, float* out) const {
  const std::byte* lane = panel(index / kPanel) + index % kPanel * 4;
  if (format_ == Format::kFloat32) {
    for (std::size_t s = 0; s < inputs_; ++s) std::memcpy(out + s, lane + s * kStepBytes, 4);
    return;
  }
  if (format_ == Format::kInt8) {
    float scale;
    std::memcpy(&scale, lane + steps_ * kStepBytes, sizeof scale);
    for (std::size_t i = 0; i < inputs_; ++i) {
      const auto value = static_cast<std::int8_t>(lane[i / 4 * kStepBytes + i % 4]);
      out[i] = scale * static_cast<float>(value);
    }
    return;
  }
  for (std::size_t i = 0; i < inputs_; ++i) {
    out[i] = base::from_bfloat16(load16(lane + i / 2 * kStepBytes + i % 2 * 2));
  }
}

}  // namespace tensafe::decoder
