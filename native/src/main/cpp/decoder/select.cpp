#include "decoder/select.hpp"

#include <algorithm>
#include <cmath>

#include "base/dispatch.hpp"

namespace tensafe::decoder {
namespace {

struct Set {
  base::FeatureSet needs;
  const SelectKernels* kernels;
};

/// So many ids are gathered before the worst of the best is looked for again, at least.
constexpr std::size_t kWindow = 256;

}  // namespace

const SelectKernels& select_for(const base::Dispatch& dispatch) {
  static const Set sets[] = {
      {{}, &scalar_select()},
#if defined(__x86_64__)
      {{base::Feature::kAvx2}, &avx2_select()},
      {{base::Feature::kAvx512F, base::Feature::kAvx512Dq}, &avx512_select()},
#endif
  };
  return *base::best_of(std::span<const Set>(sets), dispatch).kernels;
}

const SelectKernels& select() {
  static const SelectKernels& chosen = select_for(base::process_dispatch());
  return chosen;
}

std::int32_t most_likely(const SelectKernels& kernels, std::span<const float> row) {
  const Peak peak = kernels.peak(row.data(), row.size());
  if (peak.has_nan || peak.index < 0) return -1;
  return std::isinf(row[static_cast<std::size_t>(peak.index)]) ? -1 : peak.index;
}

std::size_t best(const SelectKernels& kernels, std::span<const float> row, std::size_t count,
                 std::span<std::int32_t> ids) {
  const auto better = [&](std::int32_t a, std::int32_t b) {
    const float left = row[static_cast<std::size_t>(a)], right = row[static_cast<std::size_t>(b)];
    return left > right || (left == right && a < b);
  };
  if (count == 0) return 0;
  std::size_t held = 0, next = 0;
  for (; next < row.size() && held < count; ++next) {
    if (!std::isnan(row[next])) ids[held++] = static_cast<std::int32_t>(next);
  }
  const auto at = [&](std::size_t index) { return ids.begin() + static_cast<std::ptrdiff_t>(index); };
  // Ids come in order, so of equal logits the later one never gets in.
  while (next < row.size()) {
    std::nth_element(at(0), at(count - 1), at(held), better);
    const float worst = row[static_cast<std::size_t>(ids[count - 1])];
    const Found found = kernels.above(row.data(), next, row.size(), worst, ids.data() + count,
                                      std::min(ids.size() - count, std::max(count, kWindow)));
    held = count + found.count;
    next = found.next;
  }
  const std::size_t kept = std::min(count, held);
  std::partial_sort(at(0), at(kept), at(held), better);
  return kept;
}

std::size_t above(const SelectKernels& kernels, std::span<const float> row, float threshold,
                  std::span<std::int32_t> ids) {
  return kernels.above(row.data(), 0, row.size(), threshold, ids.data(), ids.size()).count;
}

}  // namespace tensafe::decoder
