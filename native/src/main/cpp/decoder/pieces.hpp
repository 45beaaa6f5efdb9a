#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "decoder/pool.hpp"

namespace tensafe::decoder {

/// The pieces of one operation, which threads take from one counter: whoever takes a piece, it comes out the same.
/// The operation is over when all its pieces are, however many threads took part.
class alignas(64) Pieces {
 public:
  /// Nobody takes pieces meanwhile.
  void reset() noexcept {
    next_.store(0, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
  }

  /// Calls body for pieces of [0, count) until none is left, then waits for those that others took. What they wrote
  /// is seen afterwards. All threads give the same count, less than 2³².
  ///
  /// @param chunk pieces that are taken at once
  template <typename Body>
  void share(std::size_t count, std::size_t chunk, Body body) {
    std::size_t own = 0;
    while (true) {
      const std::size_t first = next_.fetch_add(chunk, std::memory_order_relaxed);
      if (first >= count) break;
      const std::size_t end = std::min(count, first + chunk);
      for (std::size_t i = first; i < end; ++i) body(i);
      own += end - first;
    }
    finish(static_cast<unsigned>(own), static_cast<unsigned>(count));
  }

 private:
  void finish(unsigned own, unsigned count) noexcept {
    unsigned done = done_.load(std::memory_order_acquire);
    if (own != 0) {
      done = done_.fetch_add(own, std::memory_order_acq_rel) + own;
      if (done == count) return done_.notify_all();
    }
    while (done != count) {
      wait_change(done_, done);
      done = done_.load(std::memory_order_acquire);
    }
  }

  std::atomic<std::size_t> next_{0};
  std::atomic<unsigned> done_{0};
};

}  // namespace tensafe::decoder
