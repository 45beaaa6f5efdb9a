#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

#include "decoder/select.hpp"
#include "decoder/select_weights.hpp"

// Plain C++ of the canonical order: what the other sets are compared with, to the bit.

namespace tensafe::decoder {
namespace {

Peak peak(const float* row, std::size_t size) {
  Peak found{-1, false};
  float max = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < size; ++i) {
    found.has_nan |= std::isnan(row[i]);
    if (row[i] > max) {
      max = row[i];
      found.index = static_cast<std::int32_t>(i);
    }
  }
  return found;
}

Found above(const float* row, std::size_t from, std::size_t size, float threshold, std::int32_t* ids,
            std::size_t room) {
  std::size_t count = 0, next = from;
  while (next < size && room - count >= kSelectLanes) {
    const std::size_t end = std::min(size, next + kSelectLanes);
    for (; next < end; ++next) {
      if (row[next] > threshold) ids[count++] = static_cast<std::int32_t>(next);
    }
  }
  return {count, next};
}

double exponential(double t) {
  const double shifted = t * kLog2E + kRound;
  const double k = shifted - kRound;
  const double r = (t - k * kLn2High) - k * kLn2Low;
  const double square = r * r;
  double odd = kSeries[0], even = kSeries[1];
  for (std::size_t i = 2; i < std::size(kSeries); i += 2) {
    odd = odd * square + kSeries[i];
    even = even * square + kSeries[i + 1];
  }
  const double power = odd * r + even;
  const std::uint64_t scale =
      (std::bit_cast<std::uint64_t>(shifted) << kExponentShift) + std::bit_cast<std::uint64_t>(1.0);
  return power * std::bit_cast<double>(scale);
}

double block_weight(const float* row, std::size_t size, float max, double scale) {
  double sums[kSelectLanes] = {};
  for (std::size_t i = 0; i < size; ++i) {
    const double t = (static_cast<double>(row[i]) - static_cast<double>(max)) * scale;
    sums[i % kSelectLanes] += t > -kWeightReach ? exponential(t) : 0.0;
  }
  for (std::size_t width = kSelectLanes / 2; width > 0; width /= 2) {
    for (std::size_t lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
  }
  return sums[0];
}

void weigh(const float* row, std::size_t size, float max, double scale, double* sums) {
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    *sums++ = block_weight(row + from, std::min(kWeightBlock, size - from), max, scale);
  }
}

}  // namespace

const SelectKernels& scalar_select() {
  static const SelectKernels table{"scalar", peak, above, weigh};
  return table;
}

}  // namespace tensafe::decoder
