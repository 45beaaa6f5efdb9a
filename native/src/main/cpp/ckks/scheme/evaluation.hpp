#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/scheme/encrypted_inputs.hpp"
#include "ckks/scheme/rerandomizer.hpp"
#include "ckks/scheme/weights.hpp"

namespace tensafe::ckks {

/// Whether an answer is re-randomised before it leaves. `kNone` exists for the test which shows that
/// weights can be solved for without it, and for noise measurements; no binding for servers offers it.
enum class Protection { kRerandomized, kNone };

/// All answers of a batch: for every token t and row k of the weights the encrypted
/// Σ_j w[k][j]·x[t][j], as a message of kind kAnswers. `message` has room for the head and
/// answer_payload_bytes(answer_shape(…)). Inputs and weights have the same packing and columns, `lane` is
/// the public key of whoever encrypted the inputs, over the re-randomiser's halves.
///
/// Per answer: c1 whole, as values; of c0 only the wanted coefficients of declared tokens. With two
/// limbs both are divided by the second prime and rounded.
void evaluate(const EncryptedInputs& inputs, const Weights& weights, Rerandomizer& rerandomizer,
              const PublicKey& lane, Protection protection, std::uint8_t* message);

/// The shape of what evaluate() answers; throws kInvalidArgument where the two do not fit.
AnswerShape answer_shape(const EncryptedInputs& inputs, const Weights& weights);

}  // namespace tensafe::ckks
