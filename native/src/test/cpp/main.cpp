#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/errors.hpp"
#include "check.hpp"

namespace tensafe::test {

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

std::mt19937_64& test_random() {
  static std::mt19937_64 random;
  return random;
}

std::vector<base::Dispatch> runnable_levels() {
  std::vector<base::Dispatch> runnable;
  for (const base::Level& level : base::levels()) {
    if (base::cpu_features().contains(level.required)) {
      runnable.push_back(base::dispatch_for(base::cpu_features(), level.name, "the tests"));
    }
  }
  return runnable;
}

}  // namespace tensafe::test

int main(int count, char** arguments) {
  using namespace tensafe;
  using namespace tensafe::test;
  const std::uint64_t seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : std::random_device{}();
  std::printf("seed %llu (pass it as the first argument to repeat)\n", static_cast<unsigned long long>(seed));
  std::printf("the processor has %s\n", base::cpu_features().names().c_str());
  for (const base::Level& level : base::levels()) {
    const base::FeatureSet missing = level.required.without(base::cpu_features());
    if (missing == base::FeatureSet{}) continue;
    std::printf("SKIPPED: level %s: no %s\n", level.name, missing.names().c_str());
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
