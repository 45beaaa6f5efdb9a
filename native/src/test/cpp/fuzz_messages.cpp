#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "ckks/errors.hpp"
#include "ckks/scheme/answer_decryption.hpp"
#include "ckks/scheme/ciphertext.hpp"
#include "ckks/scheme/encrypted_inputs.hpp"
#include "ckks/scheme/public_key_message.hpp"
#include "ckks/scheme/tag_answer.hpp"
#include "ckks/scheme/tag_request.hpp"
#include "ckks/wire/message.hpp"

// libFuzzer target: any bytes, read as any kind of message under either profile, give a message or a
// typed error. The first byte picks kind and profile; the rest is the message. The head's fixed fields
// are written in so that mutations reach what lies behind them.

namespace {

using namespace tensafe;
using namespace tensafe::ckks;

struct Fixture {
  explicit Fixture(Parameters parameters)
      : context(std::move(parameters), base::process_dispatch()),
        masks(Seed{}),
        halves(context, Seed{}),
        key(context, SecretKind::kTernary, Seed{}) {}
  Context context;
  MaskExpander masks;
  PublicHalves halves;
  SecretKey key;
};

Fixture& fixture(bool strict) {
  static Fixture fast({2048, {1125899906826241}});
  static Fixture two({4096, {1125899906826241, 1125899906629633}});
  return strict ? two : fast;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const int kind = data[0] & 7;
  Fixture& f = fixture((data[0] & 8) != 0);
  std::vector<std::uint8_t> bytes(data + 1, data + size);
  if ((data[0] & 16) != 0 && bytes.size() >= kHeadBytes) {
    MessageHead head{static_cast<MessageKind>(kind)};
    head.limbs = kind == 2 ? 1 : f.context.limbs();
    for (std::size_t i = 0; i < 4; ++i) {
      (&head.packing_tokens)[i] = static_cast<std::uint32_t>(bytes[12 + 4 * i] | bytes[13 + 4 * i] << 8);
    }
    write_head(f.context, head, bytes.size() - kHeadBytes, bytes.data());
  }
  try {
    switch (kind) {
      case 1: EncryptedInputs(f.context, f.masks, bytes); break;
      case 2: {
        const AnswerShape shape =
            answer_shape(f.context, read_head(f.context, MessageKind::kAnswers, bytes), bytes.size());
        std::vector<std::int64_t> out(shape.tokens * shape.rows);
        decrypt_integers(f.key, shape, bytes, out.data());
        break;
      }
      case 3: read_public_key(f.halves, bytes); break;
      case 4: Ciphertext::read_seeded(f.context, f.masks, bytes); break;
      case 6: {
        std::uint32_t rows = 0;
        if (bytes.size() >= kHeadBytes) std::memcpy(&rows, bytes.data() + 24, sizeof rows);
        bytes.insert(bytes.begin(), sizeof(Seed), 0);
        TagAnswer(f.context, rows, bytes);
        break;
      }
      case 7: {
        // a chunk, of as many columns as it has bytes for
        static const TagRequest request(fixture(true).context, 2, 60);
        static const SecretKey key(fixture(true).context, SecretKind::kUniform, Seed{});
        const std::size_t columns = bytes.size() < 51200 ? 1 : (bytes.size() - 51200) * 8 / 100;
        std::vector<std::int64_t> out(columns);
        request.read(key, bytes, columns, out.data());
        break;
      }
      default: Ciphertext::read(f.context, bytes); break;
    }
  } catch (const CkksError&) {
    // refused
  }
  return 0;
}
