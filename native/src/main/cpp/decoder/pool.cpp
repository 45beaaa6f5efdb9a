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

/// In Pool::crew_: the work can be joined.
constexpr unsigned kOpen = 1U << 31;

inline void pause() noexcept {
#if defined(__SSE2__)
  _mm_pause();
#endif
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

void wait_change(const std::atomic<unsigned>& word, unsigned old) noexcept {
  for (int i = 0; i < kSpins; ++i) {
    if (word.load(std::memory_order_acquire) != old) return;
    pause();
  }
  while (word.load(std::memory_order_acquire) == old) word.wait(old, std::memory_order_acquire);
}

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
  announced_.fetch_add(1, std::memory_order_release);
  announced_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::work(std::size_t thread) {
  const base::FlushDenormals flush;
  unsigned seen = 0;
  while (true) {
    wait_change(announced_, seen);
    seen = announced_.load(std::memory_order_acquire);
    if (ending_.load(std::memory_order_relaxed)) return;
    if (!join()) continue;
    work_->call(work_->body, thread);
    leave();
  }
}

bool Pool::join() noexcept {
  unsigned crew = crew_.load(std::memory_order_acquire);
  while ((crew & kOpen) != 0) {
    if (crew_.compare_exchange_weak(crew, crew + 1, std::memory_order_acq_rel, std::memory_order_acquire)) return true;
  }
  return false;
}

void Pool::leave() noexcept {
  // the last one after the closing
  if (crew_.fetch_sub(1, std::memory_order_acq_rel) == 1) crew_.notify_one();
}

void Pool::run_work(const Work& work) {
  const base::FlushDenormals flush;
  if (workers_.empty()) {
    work.call(work.body, 0);
    return;
  }
  const std::lock_guard<std::mutex> turn(turn_);
  work_ = &work;
  crew_.store(kOpen, std::memory_order_release);
  announced_.fetch_add(1, std::memory_order_release);
  announced_.notify_all();
  work.call(work.body, 0);
  unsigned left = crew_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  while (left != 0) {
    wait_change(crew_, left);
    left = crew_.load(std::memory_order_acquire);
  }
}

}  // namespace tensafe::decoder
