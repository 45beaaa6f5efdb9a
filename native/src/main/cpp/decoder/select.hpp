#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// Questions to one row of float32 logits where it lies, so that no row is copied to choose a token. Every set
// of kernels gives the same bits: sums go through 16 lanes and one fixed tree, and nothing is contracted.

namespace tensafe::base {
struct Dispatch;
}

namespace tensafe::decoder {

/// Logits that are looked at together; an answer that holds ids leaves room for so many more.
inline constexpr std::size_t kSelectLanes = 16;
/// Logits that share one sum of weights.
inline constexpr std::size_t kWeightBlock = 1024;
/// A logit this far below the maximum, in units of temperature, has weight 0 (e^-40 is below 1e-17).
inline constexpr double kWeightReach = 40;

/// Where the greatest logit is, and whether any is NaN (then `index` says nothing). The lowest of equal ones;
/// -1 if none is above negative infinity.
struct Peak {
  std::int32_t index;
  bool has_nan;
};

/// Ids that were found in row[from … next).
struct Found {
  std::size_t count;
  std::size_t next;
};

struct SelectKernels {
  const char* name;
  Peak (*peak)(const float* row, std::size_t size);
  /// Ids from `from` on, in order, whose logits are greater than `threshold`. Looks at kSelectLanes logits at a
  /// time and stops when `ids`, of `room`, has no room for so many.
  Found (*above)(const float* row, std::size_t from, std::size_t size, float threshold, std::int32_t* ids,
                 std::size_t room);
  /// Σ exp((logit − max)·scale) of each kWeightBlock logits: one sum a block, relative error below 1e-13 for
  /// logits up to `max`. Sums of NaN and of logits beyond kWeightReach are 0.
  void (*weigh)(const float* row, std::size_t size, float max, double scale, double* sums);
};

const SelectKernels& scalar_select();
#if defined(__x86_64__)
const SelectKernels& avx2_select();
const SelectKernels& avx512_select();
#endif

/// The fastest set that may run there.
const SelectKernels& select_for(const base::Dispatch& dispatch);
/// The set of this process.
const SelectKernels& select();

/// The id of the greatest logit, the lowest of equal ones; -1 if a logit is NaN, if the greatest is infinite,
/// or if there is none.
std::int32_t most_likely(const SelectKernels& kernels, std::span<const float> row);

/// The ids of the `count` greatest logits, best first, of equal ones the lower first, at the front of `ids`,
/// which has room for count + kSelectLanes at least; up to twice the count and some is used. NaN are passed
/// over. Returns how many there are.
std::size_t best(const SelectKernels& kernels, std::span<const float> row, std::size_t count,
                 std::span<std::int32_t> ids);

/// The ids of all logits greater than `threshold`, in order. `ids` has room for row.size() + kSelectLanes.
std::size_t above(const SelectKernels& kernels, std::span<const float> row, float threshold,
                  std::span<std::int32_t> ids);

}  // namespace tensafe::decoder
