#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/context/context.hpp"
#include "ckks/random/samplers.hpp"
#include "ckks/ring/words.hpp"

namespace tensafe::ckks {

/// One polynomial of rounded Gaussians of deviation 3.2, the same in every limb. Wiped after use.
class ErrorPolynomial {
 public:
  ErrorPolynomial(const Context& context, RandomStream& stream) : coefficients_(context.degree()) {
    sample_gaussian(stream, context.kernels(), coefficients_.data(), context.degree());
  }

  const std::int8_t* coefficients() const noexcept { return coefficients_.data(); }

  /// Residues of the coefficients, [degree].
  void residues(const Context& context, std::size_t limb, std::uint64_t* out) const {
    context.kernels().small_residues(coefficients_.data(), out, context.degree(), context.modulus(limb));
  }

  /// The transform of the residues, [degree].
  void values(const Context& context, std::size_t limb, std::uint64_t* out) const {
    residues(context, limb, out);
    context.kernels().ntt_forward(out, context.tables(limb));
  }

 private:
  AlignedArray<std::int8_t, true> coefficients_;
};

}  // namespace tensafe::ckks
