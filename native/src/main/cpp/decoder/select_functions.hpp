#pragma once

#include "decoder/select.hpp"
#include "decoder/select_weights.hpp"

// What sets of vector kernels have in common. The file of a set defines what its registers are, includes this one
// in its own namespace without a name, and so gets functions of its own instructions:
//
//   Lanes                    kSelectLanes logits
//   Nans                     whether any of some logits was NaN
//   Doubles                  kSelectLanes / kParts doubles
//   load(at, count)          `count` logits or all, the rest below all others
//   all(x), max(a, b)        of Lanes
//   greatest(v)              the greatest lane
//   note(nans, v), any(nans)
//   put_above(v, least, first, ids)  writes first + lane of all lanes greater than `least`, in order, and returns
//                            how many; may write over all kSelectLanes
//   spread(x)                Doubles
//   widen(v, parts)          Lanes as kParts times Doubles, in order
//   times_power(x, shifted)  x·2^k, where `shifted` is kRound + k
//   far(t), keep_near(t, x)  whether all t are −kWeightReach or less, or NaN; x with 0 in such lanes
//   fold(x)                  the sum of all lanes, halves added to each other
//
// Doubles are added and multiplied by operators, one rounding each.

namespace tensafe::decoder {
namespace {

Peak peak(const float* row, std::size_t size) {
  float greatest_yet = kNone;
  std::size_t best = size;
  Nans nans{};
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    const std::size_t end = size - from < kWeightBlock ? size : from + kWeightBlock;
    Lanes most = all(kNone);
    for (std::size_t i = from; i < end; i += kSelectLanes) {
      const Lanes v = load(row + i, end - i);
      most = max(most, v);
      note(nans, v);
    }
    const float block = greatest(most);
    if (block > greatest_yet) {
      greatest_yet = block;
      best = from;
    }
  }
  if (any(nans)) return {-1, true};
  while (best < size && row[best] != greatest_yet) ++best;
  return {best < size ? static_cast<std::int32_t>(best) : -1, false};
}

Found above(const float* row, std::size_t from, std::size_t size, float threshold, std::int32_t* ids,
            std::size_t room) {
  const Lanes least = all(threshold);
  std::size_t count = 0, next = from;
  for (; next < size && room - count >= kSelectLanes; next += kSelectLanes) {
    count += put_above(load(row + next, size - next), least, static_cast<std::int32_t>(next), ids + count);
  }
  return {count, next < size ? next : size};
}

inline Doubles exponential(Doubles t) {
  const Doubles round = spread(kRound);
  const Doubles shifted = t * spread(kLog2E) + round;
  const Doubles k = shifted - round;
  const Doubles r = (t - k * spread(kLn2High)) - k * spread(kLn2Low);
  const Doubles square = r * r;
  Doubles odd = spread(kSeries[0]), even = spread(kSeries[1]);
  for (std::size_t i = 2; i < sizeof kSeries / sizeof *kSeries; i += 2) {
    odd = odd * square + spread(kSeries[i]);
    even = even * square + spread(kSeries[i + 1]);
  }
  return times_power(odd * r + even, shifted);
}

inline double block_weight(const float* row, std::size_t size, Doubles max, Doubles scale) {
  Doubles sums[kParts];
  for (Doubles& sum : sums) sum = spread(0);
  for (std::size_t i = 0; i < size; i += kSelectLanes) {
    Doubles logits[kParts];
    widen(load(row + i, size - i), logits);
    for (std::size_t p = 0; p < kParts; ++p) {
      const Doubles t = (logits[p] - max) * scale;
      if (!far(t)) sums[p] = sums[p] + keep_near(t, exponential(t));
    }
  }
  for (std::size_t width = kParts / 2; width > 0; width /= 2) {
    for (std::size_t p = 0; p < width; ++p) sums[p] = sums[p] + sums[p + width];
  }
  return fold(sums[0]);
}

void weigh(const float* row, std::size_t size, float max, double scale, double* sums) {
  for (std::size_t from = 0; from < size; from += kWeightBlock) {
    const std::size_t count = size - from < kWeightBlock ? size - from : kWeightBlock;
    *sums++ = block_weight(row + from, count, spread(static_cast<double>(max)), spread(scale));
  }
}

}  // namespace
}  // namespace tensafe::decoder
