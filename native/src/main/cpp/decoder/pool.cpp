#include "decoder/pool.hpp"

#include <sched.h>

#include <string>
#include <system_error>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "base/denormals.hpp"
#include "decoder/errors.hpp"

namespace tensafe::decoder {
namespace {

// A pause is some 40 to 140 cycles; a core that somebody else needs is given away after about 50 µs.
constexpr int kSpins = 2000;

inline void pause() noexcept {
#if defined(__SSE2__)
  _mm_pause();
#endif
}

/// Waits until `word` is no longer `old`.
void wait_change(const std::atomic<unsigned>& word, unsigned old) noexcept {
  for (int i = 0; i < kSpins; ++i) {
    if (word.load(std::memory_order_acquire) != old) return;
    pause();
  }
  while (word.load(std::memory_order_acquire) == old) word.wait(old, std::memory_order_acquire);
}

/// The calling thread stays on the n-th core that it may use.
void pin(std::size_t n) noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || n-- != 0) continue;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(core, &own);
    sched_setaffinity(0, sizeof own, &own);
    return;
  }
}

}  // namespace

Pool::Pool(std::size_t threads, bool pinned) {
  workers_.reserve(threads - 1);
  try {
    for (std::size_t i = 1; i < threads; ++i) {
      workers_.emplace_back([this, i, pinned] {
        if (pinned) pin(i);
        work(i);
      });
    }
  } catch (const std::system_error&) {
    end();
    throw DecoderError(ErrorCode::kNoMemory, "the system does not start " + std::to_string(threads) + " threads");
  }
}

Pool::~Pool() { end(); }

void Pool::end() noexcept {
  ending_.store(true, std::memory_order_relaxed);
  started_.fetch_add(1, std::memory_order_release);
  started_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::work(std::size_t thread) {
  const base::FlushDenormals flush;
  unsigned seen = 0;
  while (true) {
    wait_change(started_, seen);
    ++seen;
    if (ending_.load(std::memory_order_relaxed)) return;
    work_->call(work_->body, thread);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
  }
}

void Pool::run_work(const Work& work) {
  const base::FlushDenormals flush;
  if (workers_.empty()) {
    work.call(work.body, 0);
    return;
  }
  work_ = &work;
  running_.store(static_cast<unsigned>(workers_.size()), std::memory_order_relaxed);
  started_.fetch_add(1, std::memory_order_release);
  started_.notify_all();
  work.call(work.body, 0);
  while (true) {
    const unsigned left = running_.load(std::memory_order_acquire);
    if (left == 0) return;
    wait_change(running_, left);
  }
}

void Pool::barrier() noexcept {
  if (workers_.empty()) return;
  const unsigned generation = passed_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) == workers_.size()) {
    arrived_.store(0, std::memory_order_relaxed);
    passed_.fetch_add(1, std::memory_order_release);
    passed_.notify_all();
  } else {
    wait_change(passed_, generation);
  }
}

}  // namespace tensafe::decoder
