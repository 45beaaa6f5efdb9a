#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "measure/primitives.hpp"
#include "scheme/answer_decryption.hpp"
#include "scheme/evaluation.hpp"
#include "scheme/input_encryption.hpp"
#include "wire/message.hpp"

// Times of the primitives and of whole products, for work on the kernels; `tensafe bench ckks` is what
// the documents quote. Usage: ckks_bench [kernel]

using namespace tensafe::ckks;

namespace {

double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

void whole(const Context& context, std::size_t m, std::size_t d, std::size_t r, Packing packing) {
  const SecretKey key(context);
  const PublicKey public_key(key, Seed{});
  const InputShape shape{m, d, packing};
  std::vector<float> x(m * d);
  for (float& v : x) v = static_cast<float>(std::rand()) / 1e9f - 1;
  std::vector<std::int32_t> w(r * d);
  for (auto& v : w) v = std::rand() % 16384 - 8192;
  const Weights weights(context, w.data(), r, d, packing);
  std::vector<std::uint8_t> up(kHeadBytes + input_payload_bytes(context, shape));
  const AnswerShape answers{m, r, packing};
  std::vector<std::uint8_t> down(kHeadBytes + answer_payload_bytes(context, answers));
  const std::size_t out_count = answers.groups() * answers.ciphertexts_per_group();
  Rerandomizer rerandomizer(public_key, out_count);
  std::vector<double> magnitudes(m), out(m * r), ones(m, 1.0);
  std::vector<double> stage[5];
  const int loops = m * d > 100000 ? 31 : 301;
  for (int i = 0; i < loops; ++i) {
    double t[6];
    t[0] = now();
    rerandomizer.fill(out_count);
    t[1] = now();
    encrypt_inputs(key, shape, {x.data(), nullptr, 20}, magnitudes.data(), up.data());
    t[2] = now();
    const EncryptedInputs inputs(context, key.masks(), up);
    t[3] = now();
    evaluate(inputs, weights, rerandomizer, Protection::kRerandomized, down.data());
    t[4] = now();
    decrypt_answers(key, answers, down, ones.data(), nullptr, out.data());
    t[5] = now();
    for (int k = 0; k < 5; ++k) stage[k].push_back((t[k + 1] - t[k]) * 1e6 / static_cast<double>(m));
  }
  double med[5];
  for (int k = 0; k < 5; ++k) med[k] = median(stage[k]);
  const double pool = med[1] + med[2] + med[3] + med[4];
  std::printf("d=%-5zu m=%-3zu T=%-3zu S=%-2zu  refill %7.1f encrypt %7.1f receive %7.1f evaluate %7.1f decrypt %7.1f | pool %7.1f all-in %7.1f us/token\n",
              d, m, packing.tokens, packing.outputs, med[0], med[1], med[2], med[3], med[4], pool, pool + med[0]);
}

}  // namespace

int main(int count, char** arguments) {
  const Context context({2048, {1125899906826241}}, count > 1 ? arguments[1] : "");
  const char* names[] = {"forward", "inverse", "multiply", "uniform", "gaussian", "encrypt", "receive",
                         "mac shared", "mac distinct", "zero", "answer", "decrypt"};
  for (int i = 0; i < 12; ++i) {
    const double s = measure(context, static_cast<Primitive>(i), 301);
    if (i == 7 || i == 8) {
      std::printf("%-14s %8.2f G/s\n", names[i], 1e-9 / s);
    } else {
      std::printf("%-14s %8.2f us\n", names[i], s * 1e6);
    }
  }
  for (std::size_t s : {1, 4, 8, 16}) whole(context, 1, 512, 16, {1, s});
  for (std::size_t s : {1, 2, 4}) whole(context, 8, 512, 16, {8, s});
  whole(context, 64, 512, 16, {64, 1});
  for (std::size_t s : {2, 4, 8}) whole(context, 1, 4096, 16, {1, s});
  for (std::size_t s : {1, 2, 4}) whole(context, 8, 4096, 16, {8, s});
  whole(context, 64, 4096, 16, {64, 1});
  return 0;
}
