#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/dispatch.hpp"

// A test is a function that throws. Random ones draw from test_random(), whose seed main() prints.

namespace tensafe::test {

struct Test {
  const char* name;
  std::function<void()> run;
};

std::vector<Test>& tests();

struct Registration {
  Registration(const char* name, std::function<void()> run) { tests().push_back({name, std::move(run)}); }
};

#define TENSAFE_TEST(name)                                                       \
  static void name();                                                            \
  static const ::tensafe::test::Registration registration_##name(#name, name); \
  static void name()

#define TENSAFE_CHECK(condition, ...)                                                              \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      std::ostringstream failure_text_;                                                                     \
      failure_text_ << __FILE__ << ":" << __LINE__ << ": " #condition __VA_OPT__(<< "; ") __VA_ARGS__;        \
      throw std::runtime_error(failure_text_.str());                                                         \
    }                                                                                              \
  } while (false)

std::mt19937_64& test_random();

/// The levels that this machine runs, the lowest first.
std::vector<base::Dispatch> runnable_levels();

}  // namespace tensafe::test
