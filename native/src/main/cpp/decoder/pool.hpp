#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace tensafe::decoder {

/// Threads that run one function together, the caller among them. Between two runs they spin for some 50 µs
/// and then sleep. One caller at a time.
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

  /// Runs `body(thread)` on every thread and waits for all. The body does not throw.
  template <typename Body>
  void run(const Body& body) {
    run_work({&body, [](const void* own, std::size_t thread) { (*static_cast<const Body*>(own))(thread); }});
  }

  /// Inside of `run`: waits for all threads. What each wrote before is seen by all after.
  void barrier() noexcept;

 private:
  /// A body where its caller has it: a std::function would copy it to the heap.
  struct Work {
    const void* body;
    void (*call)(const void* body, std::size_t thread);
  };

  void run_work(const Work& work);
  void end() noexcept;
  void work(std::size_t thread);

  std::vector<std::thread> workers_;
  const Work* work_ = nullptr;
  alignas(64) std::atomic<unsigned> started_{0};
  alignas(64) std::atomic<unsigned> running_{0};
  alignas(64) std::atomic<unsigned> arrived_{0};
  alignas(64) std::atomic<unsigned> passed_{0};
  std::atomic<bool> ending_{false};
};

}  // namespace tensafe::decoder
