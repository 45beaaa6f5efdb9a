#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/kernels.hpp"
#include "ring/ntt_tables.hpp"
#include "scheme/parameters.hpp"

namespace tensafe::ckks {

/// Validated parameters, their tables and the kernels that work on them. Immutable: shared by threads.
class Context {
 public:
  /// `kernel` names a kernel set or is empty for the best one; see choose_kernels.
  Context(Parameters parameters, const std::string& kernel);

  std::size_t degree() const noexcept { return parameters_.degree; }
  std::size_t limbs() const noexcept { return parameters_.moduli.size(); }
  const Parameters& parameters() const noexcept { return parameters_; }
  const Modulus& modulus(std::size_t limb) const noexcept { return tables_[limb].modulus(); }
  const NttTables& tables(std::size_t limb) const noexcept { return tables_[limb]; }
  const Kernels& kernels() const noexcept { return *choice_.kernels; }
  const std::string& kernel_reason() const noexcept { return choice_.reason; }
  /// The inverse of the second prime modulo the first; two limbs only.
  std::uint64_t last_modulus_inverse() const noexcept { return last_modulus_inverse_; }

 private:
  Parameters parameters_;
  KernelChoice choice_;
  std::vector<NttTables> tables_;
  std::uint64_t last_modulus_inverse_ = 0;
};

}  // namespace tensafe::ckks
