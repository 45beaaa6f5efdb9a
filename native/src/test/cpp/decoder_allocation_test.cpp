#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "decoder/errors.hpp"
#include "decoder_model.hpp"
#include "lora/adapter.hpp"

// What steps and pools ask of the system. Sanitizers have allocators of their own, and these tests not.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
std::atomic<std::size_t> allocations{0};
}

void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tensafe::test {

using namespace decoder;

TENSAFE_TEST(a_step_allocates_nothing_once_one_like_it_was_run) {
  const Model model(any_shape());
  std::size_t blocks = 0;
  const std::vector<Sequence> sequences = any_sequences(model.shape, 4, 30, blocks);
  std::vector<std::size_t> counts;
  for (const Sequence& s : sequences) counts.push_back(s.tokens.size());
  const StepInput step = step_of(model.shape, sequences, counts, true);
  lora::Adapter adapter(model.shape.layers * kProjections);
  for (std::size_t p = 0; p < kProjections; ++p) {
    const auto projection = static_cast<Projection>(p);
    adapter.add(p, inputs(model.shape, projection), outputs(model.shape, projection), 3, 1.0f,
                lora::Storage::kFloat32);
  }
  const std::vector<const lora::Adapter*> adapters{&adapter};
  const std::vector<std::int32_t> starts{0, 1}, rows{0};
  std::vector<std::uint8_t> stops(model.shape.layers * kGroups, 0);
  for (std::uint8_t& stop : stops) stop = static_cast<std::uint8_t>(below(4));
  for (const DecoderKernels* set : decoder_sets()) {
    Decoder decoder(model.shape, *set, 2, false);
    model.fill(decoder.weights());
    decoder.allocate_cache(blocks);
    const auto run = [&](const StepAdapters& low_rank) {
      decoder.begin(step.list, step.angles, stops, low_rank);
      for (Stop stop{}; decoder.run(stop);) {
      }
    };
    run({});
    run({adapters, starts, rows});
    const float* const places[] = {decoder.input(), decoder.output(0), decoder.logits()};
    const std::size_t before = allocations.load();
    for (int i = 0; i < 3; ++i) {
      run({});
      run({adapters, starts, rows});
    }
    const std::size_t made = allocations.load() - before;
    TENSAFE_CHECK(made == 0, << set->name << ": " << made << " allocations");
    TENSAFE_CHECK(decoder.input() == places[0] && decoder.output(0) == places[1] && decoder.logits() == places[2]);
  }
}

TENSAFE_TEST(threads_that_the_system_refuses_are_a_typed_error) {
  rlimit before{};
  TENSAFE_CHECK(getrlimit(RLIMIT_AS, &before) == 0);
  rlimit small = before;
  small.rlim_cur = std::size_t{8} << 30;
  // 1024 stacks of 8 MiB would not fit beside what is there
  rlimit stack{};
  TENSAFE_CHECK(getrlimit(RLIMIT_STACK, &stack) == 0);
  if (stack.rlim_cur == RLIM_INFINITY || stack.rlim_cur < (rlim_t{8} << 20)) return;
  TENSAFE_CHECK(setrlimit(RLIMIT_AS, &small) == 0);
  bool typed = false;
  try {
    Pool pool(2048);
  } catch (const DecoderError& e) {
    typed = e.code() == ErrorCode::kNoMemory;
  }
  setrlimit(RLIMIT_AS, &before);
  TENSAFE_CHECK(typed);
}

}  // namespace tensafe::test

#endif
