#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <random>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// Whether the time of an operation depends on a secret: Welch's t-test of its times with one fixed secret
// against its times with random ones, interleaved at random (Reparaz, Balasch, Verbauwhede, "Dude, is my code
// constant time?", 2017). It finds differences; it proves the absence of none.

namespace tensafe::test {

/// A counter of fixed frequency where there is one, read after all that stands before it.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  unsigned core;
  const std::uint64_t now = __rdtscp(&core);
  _mm_lfence();
  return now;
#else
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000 + static_cast<std::uint64_t>(now.tv_nsec);
#endif
}

inline double seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Nanoseconds of a tick.
inline double tick_nanoseconds() {
  const double start = seconds();
  const std::uint64_t first = ticks();
  while (seconds() - start < 0.02) {
  }
  return (seconds() - start) * 1e9 / static_cast<double>(ticks() - first);
}

/// One comparison of the classes, 0 fixed and 1 random. In ticks.
struct Comparison {
  double t = 0;           ///< largest |t| over the crops
  double difference = 0;  ///< of the means, below the median of all samples' 90 %
  double error = 0;       ///< standard error of that
  double typical = 0;     ///< median of all
  std::size_t samples = 0;
};

inline Comparison compare(const std::vector<std::uint64_t>& times, const std::vector<std::uint8_t>& classes) {
  std::vector<std::uint64_t> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  Comparison result;
  result.samples = times.size();
  result.typical = static_cast<double>(sorted[sorted.size() / 2]);
  // what interrupts a run lengthens it: compared without, with less and with more of the long ones
  for (const double part : {0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0}) {
    const std::uint64_t limit = sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    double count[2] = {};
    double mean[2] = {};
    double squares[2] = {};
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i] > limit) continue;
      const std::size_t c = classes[i];
      const double delta = static_cast<double>(times[i]) - mean[c];
      count[c] += 1;
      mean[c] += delta / count[c];
      squares[c] += delta * (static_cast<double>(times[i]) - mean[c]);
    }
    if (count[0] < 100 || count[1] < 100) continue;
    const double error = std::sqrt(squares[0] / (count[0] - 1) / count[0] + squares[1] / (count[1] - 1) / count[1]);
    if (error == 0) continue;
    const double t = (mean[0] - mean[1]) / error;
    result.t = std::max(result.t, std::fabs(t));
    if (part == 0.9) {
      result.difference = mean[0] - mean[1];
      result.error = error;
    }
  }
  return result;
}

/// Leaves the first-level cache in a state that is the same whatever was copied before.
class CacheScrub {
 public:
  void run() {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < lines_.size(); i += 8) sum += lines_[i];
    asm volatile("" : : "r"(sum) : "memory");
  }

 private:
  std::vector<std::uint64_t> lines_ = std::vector<std::uint64_t>(128 * 1024 / 8, 1);
};

/// Secrets that are laid out before any of them is used: where one lies says nothing of its class.
constexpr std::size_t kRound = 32;

/// Times `run` for about so long. `load(slot, c, i)` copies a secret of class c, the i-th of its pool, to one of
/// kRound slots; `prepare(slot)` takes it from there to where `run` uses it.
template <typename Load, typename Prepare, typename Run>
Comparison measure_classes(double budget, Load load, Prepare prepare, Run run) {
  std::mt19937_64 random(std::random_device{}());
  std::vector<std::uint64_t> times;
  std::vector<std::uint8_t> classes;
  const double end = seconds() + budget;
  constexpr std::size_t kWarm = 4;
  CacheScrub scrub;
  for (std::size_t round = 0; round < kWarm + 1000 / kRound || seconds() < end; ++round) {
    std::uint8_t drawn[kRound];
    for (std::size_t slot = 0; slot < kRound; ++slot) {
      const std::uint64_t bits = random();
      drawn[slot] = static_cast<std::uint8_t>(bits & 1);
      load(slot, drawn[slot], bits >> 32);
    }
    for (std::size_t slot = 0; slot < kRound; ++slot) {
      prepare(slot);
      scrub.run();
      const std::uint64_t start = ticks();
      run();
      const std::uint64_t stop = ticks();
      if (round < kWarm) continue;
      times.push_back(stop - start);
      classes.push_back(drawn[slot]);
    }
  }
  return compare(times, classes);
}

}  // namespace tensafe::test
