#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.hpp"
#include "error.hpp"

namespace tensafe::ckks {
const Kernels& emulated_avx512ifma_kernels();
}

namespace tensafe::ckks::test {

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

std::mt19937_64& test_random() {
  static std::mt19937_64 random;
  return random;
}

std::vector<const Kernels*> runnable_kernels() {
  std::vector<const Kernels*> kernels{&emulated_avx512ifma_kernels()};
  for (const char* name : {"scalar", "avx2", "avx512ifma"}) {
    try {
      kernels.push_back(choose_kernels(name).kernels);
    } catch (const CkksError&) {
      // said once in main
    }
  }
  return kernels;
}

}  // namespace tensafe::ckks::test

int main(int count, char** arguments) {
  using namespace tensafe::ckks;
  using namespace tensafe::ckks::test;
  const std::uint64_t seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : std::random_device{}();
  std::printf("seed %llu (pass it as the first argument to repeat)\n", static_cast<unsigned long long>(seed));
  for (const char* name : {"avx2", "avx512ifma"}) {
    try {
      choose_kernels(name);
    } catch (const CkksError& e) {
      std::printf("SKIPPED: kernel %s: %s\n", name, e.what());
    }
  }
  int failures = 0;
  for (const Test& test : tests()) {
    test_random().seed(seed);
    try {
      test.run();
      std::printf("ok %s\n", test.name);
    } catch (const std::exception& e) {
      ++failures;
      std::printf("FAILED %s: %s\n", test.name, e.what());
    }
    std::fflush(stdout);
  }
  std::printf("%zu tests, %d failed\n", tests().size(), failures);
  return failures == 0 ? 0 : 1;
}
