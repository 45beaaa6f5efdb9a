#include "ckks/measure/primitives.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ckks/errors.hpp"
#include "ckks/measure/clock.hpp"
#include "ckks/measure/measured_codec.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/evaluation.hpp"
#include "ckks/scheme/input_encryption.hpp"
#include "ckks/wire/message.hpp"

namespace tensafe::ckks {
namespace {

/// Median seconds of one call of `body`, each sample a loop of about 100 µs after one warm-up.
template <typename Body>
double median_seconds(int repetitions, Body body) {
  constexpr double kSample = 1e-4;
  double start = thread_seconds();
  body();
  int loops = 1;
  for (double took = thread_seconds() - start; took < kSample; took = thread_seconds() - start) {
    // at least one more, at most a hundred times as many; a coarse clock may show nothing yet
    const double factor = took <= 0 ? 2.0 : std::min(1.2 * kSample / took, 100.0);
    loops = std::max(loops + 1, static_cast<int>(factor * loops));
    start = thread_seconds();
    for (int i = 0; i < loops; ++i) body();
  }
  std::vector<double> samples;
  for (int r = 0; r < repetitions; ++r) {
    start = thread_seconds();
    for (int i = 0; i < loops; ++i) body();
    samples.push_back((thread_seconds() - start) / loops);
  }
  return median(std::move(samples));
}

Words residues(const Context& context, std::size_t count) {
  RandomSource source;
  RandomStream stream = source.next();
  Words words((count + 1) / 2 * 2);
  sample_uniform(stream, context.kernels(), context.modulus(0), words.data(), words.size());
  return words;
}

double measure_accumulation(const Context& context, int repetitions, std::size_t distinct) {
  // a tile of ciphertexts and the weights of four rows in the first-level cache
  constexpr std::size_t kBlocks = 64;
  const Words tile = residues(context, kBlocks * 2 * kTile);
  const Words weights = residues(context, kBlocks * kMaxTileRows * distinct);
  Words out(kMaxTileRows * 2 * kTile);
  const double seconds = median_seconds(repetitions, [&] {
    context.kernels().accumulate_tile(tile.data(), weights.data(), kBlocks, kMaxTileRows, distinct,
                                      out.data(), context.modulus(0));
  });
  return seconds / (kBlocks * kMaxTileRows * 2 * kTile);
}

/// One session with inputs of a few ciphertexts.
class Session {
 public:
  explicit Session(const Context& context, std::size_t pool)
      : context_(context),
        masks_(Seed{}),
        halves_(context, Seed{}),
        key_(context, SecretKind::kTernary, Seed{}),
        public_key_(key_, halves_),
        rerandomizer_(halves_, pool),
        shape_{1, kCiphertexts * context.degree(), {1, 1}},
        codec_(measured_codec(context, shape_.columns, kRows, 20)),
        x_(shape_.columns),
        message_(kHeadBytes + input_payload_bytes(context, shape_)) {
    for (std::size_t j = 0; j < x_.size(); ++j) x_[j] = static_cast<float>(j % 17) - 8.0f;
  }

  static constexpr std::size_t kCiphertexts = 4;
  static constexpr std::size_t kRows = 8;

  void encrypt() {
    const std::int32_t row = 0;
    encrypt_inputs(key_, codec_, shape_, x_.data(), &row, masks_, 0, &note_, message_.data());
  }
  EncryptedInputs receive() {
    return EncryptedInputs(context_, masks_, {message_.data(), message_.size()});
  }
  const SecretKey& key() const { return key_; }
  const PublicKey& public_key() const { return public_key_; }
  const GroupCodec& codec() const { return codec_; }
  const TokenNote& note() const { return note_; }
  Rerandomizer& rerandomizer() { return rerandomizer_; }

 private:
  const Context& context_;
  MaskExpander masks_;
  PublicHalves halves_;
  SecretKey key_;
  PublicKey public_key_;
  Rerandomizer rerandomizer_;
  InputShape shape_;
  GroupCodec codec_;
  TokenNote note_{};
  std::vector<float> x_;
  std::vector<std::uint8_t> message_;
};

/// A session whose inputs were received, and a matrix of a few rows to answer them with.
class Answering {
 public:
  static constexpr std::size_t kRows = Session::kRows;

  explicit Answering(const Context& context)
      : session_(context, kRows),
        inputs_(encrypted(session_).receive()),
        matrix_(kRows * inputs_.shape().columns, 3),
        weights_(context, matrix_.data(), kRows, inputs_.shape().columns, {1, 1}),
        shape_(answer_shape(inputs_, weights_)),
        message_(kHeadBytes + answer_payload_bytes(context, shape_)) {}

  void refill() { session_.rerandomizer().fill(kRows); }
  void answer() {
    evaluate(inputs_, weights_, session_.rerandomizer(), session_.public_key(), Protection::kRerandomized,
             message_.data());
  }
  void decrypt() {
    Verdict verdict;
    decrypt_answers(session_.key(), session_.codec(), shape_, message_, &session_.note(), &verdict, out_);
  }

 private:
  static Session& encrypted(Session& session) {
    session.encrypt();
    return session;
  }

  Session session_;
  EncryptedInputs inputs_;
  std::vector<std::int32_t> matrix_;
  Weights weights_;
  AnswerShape shape_;
  std::vector<std::uint8_t> message_;
  double out_[kRows];
};

/// What an answer costs beside its multiply-accumulates, which are taken off as measured by themselves.
double measure_answer(const Context& context, int repetitions) {
  Answering answering(context);
  std::vector<double> samples;
  for (int r = 0; r < repetitions; ++r) {
    answering.refill();
    const double start = thread_seconds();
    answering.answer();
    samples.push_back((thread_seconds() - start) / Answering::kRows);
  }
  const double macs = static_cast<double>(2 * context.limbs() * context.degree() * Session::kCiphertexts);
  const double accumulation = measure_accumulation(context, repetitions, kTile) * macs;
  return std::max(median(std::move(samples)) - accumulation, 1e-7);
}

double measure_decryption(const Context& context, int repetitions) {
  Answering answering(context);
  answering.answer();
  return median_seconds(repetitions, [&] { answering.decrypt(); }) / Answering::kRows;
}

}  // namespace

double measure(const Context& context, Primitive primitive, int repetitions) {
  require(repetitions >= 1 && repetitions <= 10000, ErrorCode::kInvalidArgument,
          "measure: repetitions must be 1 to 10000");
  const RingKernels& kernels = context.kernels();
  const std::size_t n = context.degree();
  const NttTables& tables = context.tables(0);
  switch (primitive) {
    case Primitive::kForwardTransform: {
      Words p = residues(context, n);
      return median_seconds(repetitions, [&] { kernels.ntt_forward(p.data(), tables); });
    }
    case Primitive::kInverseTransform: {
      Words p = residues(context, n);
      return median_seconds(repetitions, [&] { kernels.ntt_inverse(p.data(), tables); });
    }
    case Primitive::kPointwiseMultiply: {
      Words a = residues(context, n);
      const Words b = residues(context, n);
      return median_seconds(repetitions,
                            [&] { kernels.multiply(a.data(), a.data(), b.data(), n, tables.modulus()); });
    }
    case Primitive::kUniform: {
      const MaskExpander masks(Seed{});
      Words a(context.limbs() * n);
      return median_seconds(repetitions, [&] { masks.expand(context, 1, 1, a.data()); });
    }
    case Primitive::kGaussian: {
      RandomSource source;
      RandomStream stream = source.next();
      AlignedArray<std::int8_t> e(n);
      return median_seconds(repetitions, [&] { sample_gaussian(stream, kernels, e.data(), n); });
    }
    case Primitive::kEncrypt: {
      Session session(context, 0);
      return median_seconds(repetitions, [&] { session.encrypt(); }) / Session::kCiphertexts;
    }
    case Primitive::kReceive: {
      Session session(context, 0);
      session.encrypt();
      return median_seconds(repetitions, [&] { session.receive(); }) / Session::kCiphertexts;
    }
    case Primitive::kAccumulateShared: return measure_accumulation(context, repetitions, 1);
    case Primitive::kAccumulateDistinct: return measure_accumulation(context, repetitions, kTile);
    case Primitive::kZeroEncryption: {
      Session session(context, 0);
      Words c0(context.limbs() * n);
      Words c1(context.limbs() * n);
      return median_seconds(repetitions, [&] {
        session.rerandomizer().add_zero(session.public_key(), c0.data(), c1.data());
      });
    }
    case Primitive::kAnswer: return measure_answer(context, repetitions);
    case Primitive::kDecrypt: return measure_decryption(context, repetitions);
  }
  throw CkksError(ErrorCode::kInvalidArgument, "measure: no such primitive");
}

}  // namespace tensafe::ckks
