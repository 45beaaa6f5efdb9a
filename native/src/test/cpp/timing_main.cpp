#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ckks/random/samplers.hpp"
#include "ckks/scheme/answer_pads.hpp"
#include "ckks/scheme/input_pads.hpp"
#include "ckks/scheme/tag_answer.hpp"
#include "ckks/scheme/tag_request.hpp"
#include "session.hpp"
#include "timing.hpp"

// Usage: native_timing [seconds] [level]
// Whether sampling, encryption, decryption and the tag take a time that depends on their secrets. A dependence
// is one that three batches in a row show with |t| > 10; two planted ones must be found.

namespace tensafe::test {

std::mt19937_64& test_random() {
  static std::mt19937_64 random(std::random_device{}());
  return random;
}

}  // namespace tensafe::test

namespace {

using namespace tensafe;
using namespace tensafe::ckks;
using namespace tensafe::ckks::test;
using namespace tensafe::test;

constexpr double kThreshold = 10;
constexpr int kBatches = 3;
/// Secrets a class; those of class 0 are copies of one, in places of their own.
constexpr std::size_t kPool = 32;
constexpr std::size_t kSampled = 2048;

struct Operation {
  std::string name;
  bool planted;
  std::function<Comparison(double)> measure;
  /// Nanoseconds that are known, and said in docs/CKKS.md, "Timing".
  double tolerance = 0;
};

/// kPool secrets of either class, made by `make(true for the fixed one)`.
template <typename T>
struct Pools {
  template <typename Make>
  explicit Pools(Make make) {
    for (std::size_t i = 0; i < kPool; ++i) {
      classes[0].push_back(make(true));
      classes[1].push_back(make(false));
    }
  }
  const T& at(std::uint8_t c, std::uint64_t i) const { return classes[c][i % kPool]; }

  std::vector<T> classes[2];
};

/// An operation on one secret of type T, which is copied to where the operation reads it.
template <typename T, typename Run>
Operation on_copies(std::string name, bool planted, std::shared_ptr<Pools<T>> pools, Run run) {
  return {std::move(name), planted, [pools, run](double budget) {
            std::vector<T> slots(kRound, pools->at(0, 0));
            T secret = slots[0];
            return measure_classes(
                budget, [&](std::size_t slot, std::uint8_t c, std::uint64_t i) { slots[slot] = pools->at(c, i); },
                [&](std::size_t slot) { secret = slots[slot]; }, [&] { run(secret); });
          }};
}

/// The same on objects that cannot be copied: each is made anew where the last one was.
template <typename T, typename Secret, typename Make, typename Run>
Operation on_objects(std::string name, std::shared_ptr<Pools<Secret>> pools, Make make, Run run) {
  return {std::move(name), false, [pools, make, run](double budget) {
            std::vector<Secret> slots(kRound, pools->at(0, 0));
            std::optional<T> object;
            return measure_classes(
                budget, [&](std::size_t slot, std::uint8_t c, std::uint64_t i) { slots[slot] = pools->at(c, i); },
                [&](std::size_t slot) { make(object, slots[slot]); }, [&] { run(*object); });
          }};
}

/// Pairs of bits for sample_ternary, four to a byte, more than are read. Which of them are skipped shows in time,
/// and says nothing of those that are kept: only bytes that skip at the same places are compared.
using Pairs = std::vector<std::uint8_t>;

Pairs random_pairs(const std::vector<bool>& skipped) {
  Pairs bytes(skipped.size() / 4);
  for (std::size_t i = 0; i < skipped.size(); ++i) {
    const std::uint64_t pair = skipped[i] ? 3 : test_random()() % 3;
    bytes[i / 4] = static_cast<std::uint8_t>(bytes[i / 4] | pair << (2 * (i % 4)));
  }
  return bytes;
}

std::shared_ptr<Pools<Pairs>> pairs() {
  std::vector<bool> skipped(2 * kSampled);
  for (std::size_t i = 0; i < skipped.size(); ++i) skipped[i] = test_random()() % 4 == 3;
  const Pairs fixed = random_pairs(skipped);
  return std::make_shared<Pools<Pairs>>([&](bool is_fixed) { return is_fixed ? fixed : random_pairs(skipped); });
}

/// Hands out bytes that are there.
struct PairSource {
  const std::uint8_t* at;

  void fill(void* out, std::size_t bytes) {
    std::memcpy(out, at, bytes);
    at += bytes;
  }
};

template <typename Make>
std::shared_ptr<Pools<Seed>> seeds(Make make) {
  const Seed fixed = make();
  return std::make_shared<Pools<Seed>>([&](bool is_fixed) { return is_fixed ? fixed : make(); });
}

void add_samplers(const Context& context, std::vector<Operation>& operations) {
  auto any = seeds(random_seed);
  auto small = std::make_shared<AlignedArray<std::int8_t>>(kSampled);
  auto large = std::make_shared<AlignedArray<std::int64_t>>(kSampled);
  auto residues = std::make_shared<Words>(kSampled);
  operations.push_back(on_copies("sampling, ternary", false, pairs(), [large](const Pairs& bytes) {
    PairSource source{bytes.data()};
    sample_ternary(source, large->data(), kSampled);
  }));
  operations.push_back(on_copies("sampling, uniform", false, any, [residues, &context](const Seed& seed) {
    const AesKey key(seed.data());
    RandomStream stream(key, 0);
    sample_uniform(stream, context.kernels(), context.modulus(0), residues->data(), kSampled);
  }));
  operations.push_back(on_copies("sampling, errors", false, any, [small, &context](const Seed& seed) {
    const AesKey key(seed.data());
    RandomStream stream(key, 0);
    sample_gaussian(stream, context.kernels(), small->data(), kSampled);
  }));
  operations.push_back(on_copies("sampling, flood", false, any, [large, &context](const Seed& seed) {
    const AesKey key(seed.data());
    RandomStream stream(key, 0);
    sample_wide_gaussian(stream, context.kernels(), 65536, large->data(), kSampled);
  }));
}

constexpr std::size_t kTokens = 8;
constexpr std::size_t kColumns = 256;
constexpr std::size_t kRows = 16;
constexpr int kScaleBits = 26;

/// What a tag is made of.
struct TagSecret {
  std::vector<std::int64_t> r;
  std::vector<std::int64_t> f;
};

/// A codec with this tag.
void make_codec(std::optional<GroupCodec>& codec, const Context& context, const TagSecret& tag) {
  const std::vector<double> ones(kRows, 1.0);
  const double error = 1;
  const double deviations[kChecks] = {0x1p32, 0x1p32};
  codec.emplace(context, CodecValues{kColumns, kRows, nullptr, kScaleBits, 1.0, ones.data(), ones.data(), ones.data(), 1, &error,
                                     deviations, {tag.r.data(), tag.r.data() + kRows},
                                     {tag.f.data(), tag.f.data() + kColumns}});
}

std::vector<std::int64_t> random_integers(std::size_t count, int bits) {
  std::vector<std::int64_t> values(count);
  for (std::int64_t& v : values) v = static_cast<std::int64_t>(test_random()()) >> (63 - bits);
  return values;
}

TagSecret random_tag() { return {random_integers(kChecks * kRows, 15), random_integers(kChecks * kColumns, 33)}; }

std::shared_ptr<GroupCodec> random_codec(const Context& context) {
  auto codec = std::make_shared<std::optional<GroupCodec>>();
  make_codec(*codec, context, random_tag());
  return {codec, &**codec};
}

using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

std::shared_ptr<Pools<Floats>> activations(bool denormal) {
  const Floats fixed = denormal ? Floats(kTokens * kColumns, 1e-40f) : random_floats(kTokens * kColumns);
  return std::make_shared<Pools<Floats>>(
      [&](bool is_fixed) { return is_fixed ? fixed : random_floats(kTokens * kColumns); });
}

void add_encryption(const Context& context, std::vector<Operation>& operations) {
  const std::string limbs = context.limbs() == 1 ? ", fast" : ", strict";
  const InputShape shape{kTokens, kColumns, {kTokens, 1}};
  auto codec = random_codec(context);
  auto masks = std::make_shared<MaskExpander>(random_seed());
  auto notes = std::make_shared<std::vector<TokenNote>>(kTokens);
  auto message = std::make_shared<std::vector<std::uint8_t>>(kHeadBytes + input_payload_bytes(context, shape));
  auto rows = std::make_shared<std::vector<std::int32_t>>(all_rows(kTokens));
  auto x = std::make_shared<Floats>(random_floats(kTokens * kColumns));
  const auto encrypt = [=](const SecretKey& key, const Floats& values) {
    encrypt_inputs(key, *codec, shape, values.data(), rows->data(), *masks, 0, notes->data(), message->data());
  };
  auto keys = seeds(random_seed);
  const auto make_key = [&context](std::optional<SecretKey>& secret, const Seed& seed) {
    secret.emplace(context, lane_kind(context), seed);
  };
  auto key = std::make_shared<SecretKey>(context, lane_kind(context), random_seed());
  operations.push_back(on_objects<SecretKey>("encryption, the key" + limbs, keys, make_key,
                                             [=](const SecretKey& secret) { encrypt(secret, *x); }));
  operations.push_back(on_copies("encryption, the activations" + limbs, false, activations(false),
                                 [=](const Floats& secret) { encrypt(*key, secret); }));
  operations.push_back(on_copies("encryption, denormals" + limbs, false, activations(true),
                                 [=](const Floats& secret) { encrypt(*key, secret); }));

  // answers of any residues decrypt to something
  const AnswerShape answers{kTokens, kRows, shape.packing};
  using Bytes = std::vector<std::uint8_t>;
  const auto random_answer = [&] {
    Bytes bytes(kHeadBytes + answer_payload_bytes(context, answers));
    MessageHead head{MessageKind::kAnswers};
    head.limbs = 1;
    head.packing_tokens = kTokens;
    head.packing_outputs = 1;
    head.tokens = kTokens;
    head.width = kRows;
    write_head(context, head, bytes.size() - kHeadBytes, bytes.data());
    Words residues(context.degree());
    RandomSource source;
    RandomStream stream = source.next();
    std::uint8_t* at = bytes.data() + kHeadBytes;
    for (std::size_t k = 0; k < kRows; ++k) {
      sample_uniform(stream, context.kernels(), context.modulus(0), residues.data(), context.degree());
      write_polynomial(context, 0, residues.data(), at);
      at += polynomial_bytes(context, 0);
      write_residues(context, 0, residues.data(), kTokens, at);
      at += residue_bytes(context, 0, kTokens);
    }
    return bytes;
  };
  auto answer = std::make_shared<Bytes>(random_answer());
  auto verdicts = std::make_shared<std::vector<Verdict>>(kTokens);
  auto u = std::make_shared<std::vector<double>>(kTokens * kRows);
  // a uniform secret refuses what was switched; there the residues stand for such answers all the same
  const auto decrypt = [=](const SecretKey& secret, const Bytes& bytes) {
    decrypt_answers(secret, *codec, answers, bytes, notes->data(), verdicts->data(), u->data());
  };
  operations.push_back(on_objects<SecretKey>("decryption, the key" + limbs, keys, make_key,
                                             [=](const SecretKey& secret) { decrypt(secret, *answer); }));
  const Bytes fixed_answer = random_answer();
  auto all_answers = std::make_shared<Pools<Bytes>>(
      [&](bool is_fixed) { return is_fixed ? fixed_answer : random_answer(); });
  operations.push_back(on_copies("decryption, the answer" + limbs, false, all_answers,
                                 [=](const Bytes& bytes) { decrypt(*key, bytes); }));
}

/// Tokens by pads: what is left to do when they come, and what was done ahead.
struct PadSession {
  explicit PadSession(const Context& c)
      : context(c),
        masks(random_seed()),
        halves(c, random_seed()),
        w(random_weights(kRows * kColumns)),
        weights(c, w.data(), kRows, kColumns, {kTokens, 1}),
        dots(w.data(), kRows, kColumns),
        inputs(c, masks, {kTokens, kColumns, kRows}, 0),
        ahead(pad_message_bytes(c, kRows)),
        answers(masks, weights, halves, 0, ahead.data()),
        key(c, SecretKind::kUniform, random_seed()),
        public_key(key, halves),
        x(random_floats(kTokens * kColumns)),
        rows(all_rows(kTokens)),
        notes(kTokens),
        verdicts(kTokens),
        u(kTokens * kRows),
        up(pad_token_bytes(c, kTokens, kColumns)),
        down(pad_token_bytes(c, kTokens, kRows)) {
    inputs.absorb(ahead);
  }

  void encrypt(LanePads& pads, const GroupCodec& codec, const float* values) {
    const PadRun run{&pads, 0, kTokens};
    encrypt_tokens(codec, {&run, 1}, values, rows.data(), notes.data(), up.data());
  }
  void decrypt(LanePads& pads, const GroupCodec& codec) {
    const PadRun run{&pads, 0, kTokens};
    decrypt_tokens(codec, {&run, 1}, down, notes.data(), verdicts.data(), u.data());
  }

  const Context& context;
  MaskExpander masks;
  PublicHalves halves;
  std::vector<std::int32_t> w;
  Weights weights;
  DotWeights dots;
  InputBlock inputs;
  std::vector<std::uint8_t> ahead;
  AnswerBlock answers;
  SecretKey key;
  PublicKey public_key;
  Floats x;
  std::vector<std::int32_t> rows;
  std::vector<TokenNote> notes;
  std::vector<Verdict> verdicts;
  std::vector<double> u;
  std::vector<std::uint8_t> up;
  std::vector<std::uint8_t> down;
};

void add_pads(const Context& context, std::vector<Operation>& operations) {
  auto session = std::make_shared<PadSession>(context);
  auto codec = random_codec(context);
  const auto add_encryption_of = [&](const char* name, const Floats& fixed, double tolerance) {
    auto activations = std::make_shared<Pools<Floats>>(
        [&](bool is_fixed) { return is_fixed ? fixed : random_floats(kTokens * kColumns); });
    auto x = std::make_shared<Floats>();
    operations.push_back(on_objects<LanePads>(
        name, activations,
        [=](std::optional<LanePads>& pads, const Floats& secret) {
          pads.emplace(session->inputs, session->key);
          *x = secret;
        },
        [=](LanePads& pads) { session->encrypt(pads, *codec, x->data()); }));
    operations.back().tolerance = tolerance;
  };
  add_encryption_of("pads, the activations", random_floats(kTokens * kColumns), 0);
  Floats one(kTokens * kColumns);
  Floats denormal(kTokens * kColumns);
  for (std::size_t t = 0; t < kTokens; ++t) {
    one[t * kColumns] = 0.7f;
    for (std::size_t j = 0; j < kColumns; ++j) denormal[t * kColumns + j] = j == 0 ? 0.7f : 1e-40f;
  }
  add_encryption_of("pads, a number and zeros", one, 0);
  add_encryption_of("pads, a number and denormals", denormal, 0);
  // dividing by a power of two, as for a token of zeros, is faster or slower: about a nanosecond a token
  add_encryption_of("pads, zeros", Floats(kTokens * kColumns), 3 * kTokens);

  operations.push_back(on_objects<LanePads>(
      "pads, answers", std::make_shared<Pools<Integers>>([&, fixed = random_integers(kTokens * kRows, 40)](bool is_fixed) {
        return is_fixed ? fixed : random_integers(kTokens * kRows, 40);
      }),
      [=, &context](std::optional<LanePads>& pads, const Integers& secret) {
        pads.emplace(session->inputs, session->key);
        session->encrypt(*pads, *codec, session->x.data());
        // masked anew in every sample: what differs is what they decrypt to
        Words residues(secret.size());
        context.kernels().near_residues(secret.data(), residues.data(), secret.size(), context.modulus(0));
        for (std::size_t t = 0; t < kTokens; ++t) {
          write_residues(context, 0, residues.data() + t * kRows, kRows,
                         session->down.data() + t * pad_token_bytes(context, 1, kRows));
        }
      },
      [=](LanePads& pads) { session->decrypt(pads, *codec); }));

  auto keys = seeds(random_seed);
  const auto make_key = [&context](std::optional<SecretKey>& secret, const Seed& seed) {
    secret.emplace(context, SecretKind::kUniform, seed);
  };
  operations.push_back(on_objects<SecretKey>("pads, the key, made ahead", keys, make_key,
                                             [=](const SecretKey& secret) { LanePads(session->inputs, secret); }));

  const TagSecret fixed_tag = random_tag();
  auto tags = std::make_shared<Pools<TagSecret>>([&](bool is_fixed) { return is_fixed ? fixed_tag : random_tag(); });
  auto pads = std::make_shared<std::optional<LanePads>>();
  const auto make = [=, &context](std::optional<GroupCodec>& secret, const TagSecret& tag) {
    make_codec(secret, context, tag);
    pads->emplace(session->inputs, session->key);
  };
  operations.push_back(on_objects<GroupCodec>("tag, f of tokens", tags, make, [=](const GroupCodec& secret) {
    session->encrypt(**pads, secret, session->x.data());
  }));
  operations.push_back(on_objects<GroupCodec>(
      "tag, r of answers", tags,
      [=](std::optional<GroupCodec>& secret, const TagSecret& tag) {
        make(secret, tag);
        session->encrypt(**pads, *secret, session->x.data());
      },
      [=](const GroupCodec& secret) { session->decrypt(**pads, secret); }));

  // the adapter host's secret
  using Ints = std::vector<std::int32_t>;
  const Ints fixed_weights = random_weights(kRows * kColumns);
  auto noise = std::make_shared<std::optional<LaneNoise>>();
  operations.push_back(on_objects<DotWeights>(
      "evaluation, the weights", std::make_shared<Pools<Ints>>([&](bool is_fixed) {
        return is_fixed ? fixed_weights : random_weights(kRows * kColumns);
      }),
      [=](std::optional<DotWeights>& secret, const Ints& w) {
        secret.emplace(w.data(), kRows, kColumns);
        noise->emplace(session->answers, session->public_key);
      },
      [=](const DotWeights& secret) {
        const NoiseRun run{&**noise, 0, kTokens};
        answer_tokens(secret, {&run, 1}, session->up, session->down.data());
      }));
}

/// The set-up of a tag: its key, and f as it comes back.
void add_tag(const Context& ring, std::vector<Operation>& operations) {
  constexpr std::size_t kConstants = 2;
  struct Side {
    Seed seed;
    std::vector<std::uint8_t> chunk;
  };
  auto request = std::make_shared<TagRequest>(ring, kConstants, 60);
  // f of weights; of none for the fixed class, whose keys and floods differ as those of the other do
  auto sides = std::make_shared<Pools<Side>>([&](bool is_fixed) {
    Side side{random_seed(), std::vector<std::uint8_t>(tag_chunk_bytes(ring, ring.degree()))};
    const SecretKey key(ring, SecretKind::kUniform, side.seed);
    const PublicHalves halves(ring, random_seed());
    std::vector<std::uint8_t> message(tag_constants_bytes(ring, kConstants));
    request->write(key, message.data());
    TagAnswer answer(ring, kConstants, message);
    auto w = random_weights(kConstants * ring.degree());
    if (is_fixed) std::fill(w.begin(), w.end(), 0);
    answer.put(w.data(), kConstants, ring.degree(), 0, ring.degree(), 0);
    answer.write(PublicKey(key, halves), ring.degree(), Protection::kRerandomized, side.chunk.data());
    return side;
  });
  auto chunk = std::make_shared<std::vector<std::uint8_t>>();
  auto f = std::make_shared<Integers>(ring.degree());
  operations.push_back(on_objects<SecretKey>(
      "tag, f of the set-up", sides,
      [chunk, &ring](std::optional<SecretKey>& key, const Side& side) {
        key.emplace(ring, SecretKind::kUniform, side.seed);
        *chunk = side.chunk;
      },
      [=](const SecretKey& key) { request->read(key, *chunk, f->size(), f->data()); }));
  auto message = std::make_shared<std::vector<std::uint8_t>>(tag_constants_bytes(ring, kConstants));
  operations.push_back(on_objects<SecretKey>(
      "tag, the key of the set-up", seeds(random_seed),
      [&ring](std::optional<SecretKey>& key, const Seed& seed) { key.emplace(ring, SecretKind::kUniform, seed); },
      [=](const SecretKey& key) { request->write(key, message->data()); }));
}

/// Planted dependences, which must be found, and two classes that are one, of which there must be none.
void add_controls(std::vector<Operation>& operations) {
  const auto ternary = [](bool) {
    Integers digits(kSampled);
    for (std::int64_t& d : digits) d = static_cast<std::int64_t>(test_random()() % 3) - 1;
    return digits;
  };
  auto fixed = std::make_shared<Integers>(ternary(true));
  auto secrets = std::make_shared<Pools<Integers>>([&](bool is_fixed) { return is_fixed ? *fixed : ternary(false); });
  auto sums = std::make_shared<Integers>(kSampled);
  auto same = std::make_shared<Pools<Integers>>([&](bool) { return *fixed; });
  operations.push_back(on_copies("control: one class twice", false, same, [=](const Integers& secret) {
    for (std::size_t i = 0; i < kSampled; ++i) (*sums)[i] += secret[i];
  }));
  operations.push_back(on_copies("planted: a branch on every digit", true, secrets, [=](const Integers& secret) {
    for (std::size_t i = 0; i < kSampled; ++i) {
      // a product of the compiler's choice must not take the branch away
      if (secret[i] != 0) {
        std::int64_t& at = (*sums)[i];
        asm volatile("" : "+m"(at));
        at += secret[i];
      }
    }
  }));
  auto table = std::make_shared<Integers>(random_integers(std::size_t{1} << 21, 60));
  const auto indices = [] { return random_integers(64, 62); };
  auto few = std::make_shared<Integers>(indices());
  auto places = std::make_shared<Pools<Integers>>([&](bool is_fixed) { return is_fixed ? *few : indices(); });
  operations.push_back(on_copies("planted: a table read at secret places", true, places, [=](const Integers& secret) {
    std::int64_t sum = 0;
    for (std::int64_t i : secret) sum += (*table)[static_cast<std::size_t>(i) % table->size()];
    asm volatile("" : : "r"(sum));
  }));
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  std::string name = "unknown";
  std::string numbers;
  while (std::getline(info, line)) {
    const auto value = line.find(": ");
    if (value == std::string::npos) continue;
    if (line.starts_with("model name")) name = line.substr(value + 2);
    for (const char* key : {"cpu family", "model\t", "stepping"}) {
      if (line.starts_with(key)) numbers.append(1, ' ').append(line, value + 2);
    }
    if (line.starts_with("stepping")) break;
  }
  return name.append(" (family, model, stepping").append(numbers).append(")");
}

}  // namespace

int main(int count, char** arguments) {
  const double budget = count > 1 ? std::strtod(arguments[1], nullptr) : 6;
  const base::Dispatch level = base::dispatch_for(base::cpu_features(), count > 2 ? arguments[2] : "", "the argument");
  const Context fast_context(fast(), level);
  const Context strict_context(strict(), level);
  std::printf("timing on %s, kernels %s\n", processor().c_str(), fast_context.kernels().name);
  std::vector<Operation> operations;
  add_samplers(fast_context, operations);
  add_encryption(fast_context, operations);
  add_encryption(strict_context, operations);
  add_pads(fast_context, operations);
  add_tag(strict_context, operations);
  add_controls(operations);
  const double nanoseconds = tick_nanoseconds();
  int wrong = 0;
  for (const Operation& operation : operations) {
    bool depends = true;
    for (int batch = 0; batch < kBatches && depends; ++batch) {
      const Comparison found = operation.measure(budget / static_cast<double>(operations.size()));
      depends = found.t > kThreshold && std::fabs(found.difference) * nanoseconds > operation.tolerance;
      std::printf("%-40s %9.0f ns, %7zu samples: difference %7.2f ± %.2f ns, |t| %6.2f%s\n", operation.name.c_str(),
                  found.typical * nanoseconds, found.samples, found.difference * nanoseconds,
                  found.error * nanoseconds, found.t, depends ? " !" : "");
    }
    if (depends != operation.planted) {
      ++wrong;
      std::printf("FAILED %s: %s\n", operation.name.c_str(),
                  depends ? "its time depends on a secret" : "a planted dependence was not found");
    }
    std::fflush(stdout);
  }
  std::printf("%zu operations, %d failed\n", operations.size(), wrong);
  return wrong == 0 ? 0 : 1;
}
