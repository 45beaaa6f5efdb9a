#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>

#include "check.hpp"
#include "decoder/select.hpp"

// What is asked of a row of logits, against the plainest algorithms, and every set of kernels against the
// scalar one to the bit.

using namespace tensafe::decoder;
using namespace tensafe::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<const SelectKernels*> runnable() {
  std::vector<const SelectKernels*> sets;
  for (const tensafe::base::Dispatch& level : runnable_levels()) {
    const SelectKernels* set = &select_for(level);
    if (sets.empty() || sets.back() != set) sets.push_back(set);
  }
  return sets;
}

std::size_t up_to(std::size_t limit) { return 1 + test_random()() % limit; }

float gaussian(float deviation) { return std::normal_distribution<float>(0, deviation)(test_random()); }

/// Memory of exactly so many floats, so that a sanitizer sees what is read beyond them.
struct Row {
  explicit Row(std::size_t count) : memory(new float[count]), size(count) {}
  std::span<const float> logits() const { return {memory.get(), size}; }
  std::unique_ptr<float[]> memory;
  std::size_t size;
};

/// Logits of one of several kinds: spread out, peaked, of few values, subnormal, all equal; some are infinite.
Row random_row(std::size_t size, bool with_nan) {
  Row row(size);
  const std::size_t kind = test_random()() % 5;
  for (std::size_t i = 0; i < size; ++i) {
    switch (kind) {
      case 0: row.memory[i] = gaussian(3); break;
      case 1: row.memory[i] = gaussian(20); break;
      case 2: row.memory[i] = std::round(gaussian(2)) * 0.5f; break;
      case 3: row.memory[i] = gaussian(1) * 1e-40f; break;
      default: row.memory[i] = test_random()() % 2 == 0 ? 0.0f : -0.0f; break;
    }
    if (test_random()() % 50 == 0) row.memory[i] = -kInfinity;
  }
  if (with_nan) row.memory[test_random()() % size] = NAN;
  return row;
}

std::size_t random_size(int round) { return up_to(round % 4 == 0 ? 40 : round % 4 == 1 ? 3000 : 1100); }

}  // namespace

TENSAFE_TEST(the_most_likely_logit_is_the_lowest_of_the_greatest) {
  for (int round = 0; round < 400; ++round) {
    const Row row = random_row(random_size(round), false);
    std::int32_t expected = -1;
    for (std::size_t i = 0; i < row.size; ++i) {
      if (row.memory[i] > (expected < 0 ? -kInfinity : row.memory[static_cast<std::size_t>(expected)])) {
        expected = static_cast<std::int32_t>(i);
      }
    }
    const std::size_t place = test_random()() % row.size;
    for (const SelectKernels* set : runnable()) {
      TENSAFE_CHECK(most_likely(*set, row.logits()) == expected, << set->name << " of " << row.size);
      // a single one that is not finite shows, wherever it is
      for (float bad : {NAN, -NAN, kInfinity}) {
        const float before = row.memory[place];
        row.memory[place] = bad;
        TENSAFE_CHECK(most_likely(*set, row.logits()) == -1, << set->name << " at " << place);
        row.memory[place] = before;
      }
    }
  }
  for (const SelectKernels* set : runnable()) {
    const std::vector<float> none(40, -kInfinity);
    TENSAFE_CHECK(most_likely(*set, none) == -1 && most_likely(*set, {}) == -1, << set->name);
  }
}

TENSAFE_TEST(the_best_logits_come_in_order_and_ties_by_id) {
  for (int round = 0; round < 400; ++round) {
    const Row row = random_row(random_size(round), round % 3 == 0);
    std::vector<std::int32_t> order;
    for (std::size_t i = 0; i < row.size; ++i) {
      if (!std::isnan(row.memory[i])) order.push_back(static_cast<std::int32_t>(i));
    }
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return row.memory[static_cast<std::size_t>(a)] > row.memory[static_cast<std::size_t>(b)];
    });
    const std::size_t count = test_random()() % 2 == 0 ? up_to(row.size + 3) : up_to(20);
    for (const SelectKernels* set : runnable()) {
      // with the least room, and with more than is used
      for (std::size_t room : {count + kSelectLanes, 3 * count + 1000}) {
        std::vector<std::int32_t> ids(room);
        const std::size_t found = best(*set, row.logits(), count, ids);
        TENSAFE_CHECK(found == std::min(count, order.size()), << set->name);
        TENSAFE_CHECK(std::equal(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(found), order.begin()),
                      << set->name << " " << count << " of " << row.size);
      }
      TENSAFE_CHECK(best(*set, row.logits(), 0, {}) == 0);
    }
  }
}

TENSAFE_TEST(all_logits_above_a_threshold_are_found_in_order) {
  for (int round = 0; round < 400; ++round) {
    const Row row = random_row(random_size(round), round % 3 == 0);
    const float some = row.memory[test_random()() % row.size];
    for (float threshold : {some, gaussian(3), -kInfinity, kInfinity}) {
      std::vector<std::int32_t> expected;
      for (std::size_t i = 0; i < row.size; ++i) {
        if (row.memory[i] > threshold) expected.push_back(static_cast<std::int32_t>(i));
      }
      for (const SelectKernels* set : runnable()) {
        std::vector<std::int32_t> ids(row.size + kSelectLanes);
        const std::size_t found = above(*set, row.logits(), threshold, ids);
        ids.resize(found);
        TENSAFE_CHECK(ids == expected, << set->name << " above " << threshold << " of " << row.size);
      }
    }
  }
}

TENSAFE_TEST(weights_are_exponentials_and_the_same_bits_in_every_set) {
  for (int round = 0; round < 400; ++round) {
    const Row row = random_row(random_size(round), round % 5 == 0);
    float max = -kInfinity;
    for (float logit : row.logits()) max = std::max(max, std::isnan(logit) ? max : logit);
    if (std::isinf(max)) continue;
    const double scale = round % 7 == 0 ? 1e6 : 1 / (0.05 + 2 * static_cast<double>(up_to(1000)) / 1000);
    const std::size_t blocks = (row.size + kWeightBlock - 1) / kWeightBlock;
    std::vector<double> canonical(blocks);
    scalar_select().weigh(row.memory.get(), row.size, max, scale, canonical.data());
    for (std::size_t b = 0; b < blocks; ++b) {
      double expected = 0;
      for (std::size_t i = b * kWeightBlock; i < std::min(row.size, (b + 1) * kWeightBlock); ++i) {
        const double t = (static_cast<double>(row.memory[i]) - max) * scale;
        if (t > -kWeightReach) expected += std::exp(t);
      }
      TENSAFE_CHECK(std::abs(canonical[b] - expected) <= 1e-13 * expected, << canonical[b] << " for " << expected);
    }
    for (const SelectKernels* set : runnable()) {
      std::vector<double> sums(blocks, -1);
      set->weigh(row.memory.get(), row.size, max, scale, sums.data());
      TENSAFE_CHECK(std::memcmp(sums.data(), canonical.data(), blocks * sizeof(double)) == 0, << set->name);
    }
  }
}
