#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace tensafe::decoder {

/// Waits until `word` is no longer `old`: spins for some 50 µs, then sleeps.
void wait_change(const std::atomic<unsigned>& word, unsigned old) noexcept;

/// Threads that help one caller with its work. None is waited for that has not begun: where somebody else has its
/// core, the caller goes on alone, and a late one helps with what is left. Between two runs they spin for some
/// 50 µs and then sleep. Callers take turns: two decoders may have the same threads, so that those of one never spin
/// on a core that the other computes on.
class Pool {
 public:
  /// @param threads at least 1, the caller included
  /// @param pinned whether worker i stays on the i-th core that the process may use
  /// Throws kNoMemory when the system starts no more threads.
  explicit Pool(std::size_t threads, bool pinned = false);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::size_t threads() const noexcept { return workers_.size() + 1; }

  /// Runs `body(thread)` on the caller, thread 0, and on every other thread that comes before the caller is through
  /// with it; a thread may come twice. Returns when all that came have left. The body does not throw; what has to be
  /// done is shared in it, and is done when the caller's has returned.
  template <typename Body>
  void run(const Body& body) {
    run_work({&body, [](const void* own, std::size_t thread) { (*static_cast<const Body*>(own))(thread); }});
  }

 private:
  /// A body where its caller has it: a std::function would copy it to the heap.
  struct Work {
    const void* body;
    void (*call)(const void* body, std::size_t thread);
  };

  void run_work(const Work& work);
  void end() noexcept;
  void work(std::size_t thread);
  bool join() noexcept;
  void leave() noexcept;

  std::vector<std::thread> workers_;
  std::mutex turn_;
  const Work* work_ = nullptr;
  /// How often work or the end was announced.
  alignas(64) std::atomic<unsigned> announced_{0};
  /// Workers in the body, and kOpen while others may join them.
  alignas(64) std::atomic<unsigned> crew_{0};
  std::atomic<bool> ending_{false};
};

}  // namespace tensafe::decoder
