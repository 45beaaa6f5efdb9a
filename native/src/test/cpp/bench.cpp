#include <cstdio>

#include "measure/primitives.hpp"

int main(int count, char** arguments) {
  using namespace tensafe::ckks;
  const Context context({2048, {1125899906826241}}, count > 1 ? arguments[1] : "");
  const char* names[] = {"forward", "inverse", "multiply", "uniform", "gaussian", "encrypt", "receive",
                         "mac shared", "mac distinct", "zero", "answer", "decrypt"};
  for (int i = 0; i < 12; ++i) {
    const double s = measure(context, static_cast<Primitive>(i), 301);
    if (i == 7 || i == 8) std::printf("%-14s %8.2f G/s\n", names[i], 1e-9 / s);
    else std::printf("%-14s %8.2f us\n", names[i], s * 1e6);
  }
}
