#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "check.hpp"
#include "decoder/pieces.hpp"
#include "decoder/pool.hpp"

// Threads and the pieces they share: whoever comes, each piece is done once, and nobody is waited for in vain.

using namespace tensafe::decoder;
using namespace tensafe::test;

namespace {

std::size_t up_to(std::size_t limit) { return 1 + test_random()() % limit; }

}  // namespace

TENSAFE_TEST(threads_do_every_piece_once_and_see_all_of_the_operation_before) {
  for (std::size_t threads = 1; threads <= 4; ++threads) {
    Pool pool(threads);
    for (int run = 0; run < 300; ++run) {
      const std::size_t operations = up_to(6);
      const auto pieces = std::make_unique<Pieces[]>(operations);
      std::vector<std::vector<std::uint64_t>> written(operations + 1, std::vector<std::uint64_t>(up_to(20), 1));
      std::vector<std::uint64_t> sums(operations);
      for (std::size_t i = 0; i < operations; ++i) {
        written[i + 1].assign(up_to(20), 0);
        sums[i] = std::accumulate(written[i].begin(), written[i].end(), std::uint64_t{0});
        // what each piece of the operation is to add up, from a single thread
        for (std::size_t p = 0; p < written[i + 1].size(); ++p) written[i + 1][p] = sums[i] + p;
      }
      const std::vector<std::vector<std::uint64_t>> expected = written;
      for (std::size_t i = 1; i <= operations; ++i) written[i].assign(written[i].size(), 0);
      const std::size_t chunk = up_to(3);
      pool.run([&](std::size_t) {
        for (std::size_t i = 0; i < operations; ++i) {
          pieces[i].share(written[i + 1].size(), chunk, [&](std::size_t p) {
            // added to: a piece that is done twice is wrong
            written[i + 1][p] += std::accumulate(written[i].begin(), written[i].end(), std::uint64_t{0}) + p;
          });
        }
      });
      TENSAFE_CHECK(written == expected, << threads << " threads, run " << run);
    }
  }
}

TENSAFE_TEST(a_thread_that_has_taken_no_piece_is_not_waited_for) {
  Pool pool(3);
  for (int run = 0; run < 20; ++run) {
    Pieces pieces;
    std::atomic<unsigned> over{0};
    std::size_t done = 0;
    pool.run([&](std::size_t thread) {
      // the others come to the pieces only when the caller is through with all of them
      if (thread != 0) over.wait(0);
      pieces.share(7, 1, [&](std::size_t) { ++done; });
      over.store(1);
      over.notify_all();
    });
    TENSAFE_CHECK(done == 7, << done);
  }
}

TENSAFE_TEST(a_piece_that_another_thread_has_taken_is_waited_for) {
  Pool pool(2);
  for (int run = 0; run < 100; ++run) {
    Pieces pieces;
    std::atomic<unsigned> taken{0};
    std::atomic<bool> together{false};
    std::size_t results[2] = {};
    bool seen = false;
    pool.run([&](std::size_t thread) {
      pieces.share(2, 1, [&](std::size_t p) {
        taken.fetch_add(1);
        if (thread != 0) together = true;
        // the caller is in its piece until the other thread has one, however late that comes
        while (thread == 0 && !together) std::this_thread::yield();
        // the other thread's piece ends long after the caller's
        for (int i = 0; thread != 0 && i < 1000; ++i) taken.load();
        results[p] = p + 1;
      });
      if (thread == 0) seen = results[0] == 1 && results[1] == 2;
    });
    TENSAFE_CHECK(seen && taken == 2, << "run " << run);
  }
}
