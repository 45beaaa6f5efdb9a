#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/dispatch.hpp"
#include "ckks/context/parameters.hpp"
#include "ckks/kernels/ring_kernels.hpp"
#include "ckks/ring/low_tables.hpp"
#include "ckks/ring/ntt_tables.hpp"

namespace tensafe::ckks {

/// Validated parameters, their tables and the kernels that work on them. Shared by threads.
class Context {
 public:
  /// With the kernels that `dispatch` allows. Throws kInvalidParameters.
  Context(Parameters parameters, const base::Dispatch& dispatch);

  std::size_t degree() const noexcept { return parameters_.degree; }
  std::size_t limbs() const noexcept { return parameters_.moduli.size(); }
  const Parameters& parameters() const noexcept { return parameters_; }
  const Modulus& modulus(std::size_t limb) const noexcept { return tables_[limb].modulus(); }
  const NttTables& tables(std::size_t limb) const noexcept { return tables_[limb]; }
  const RingKernels& kernels() const noexcept { return kernels_; }
  /// For the lowest coefficients of the first limb, made when they are first asked for. Throws
  /// kInvalidArgument where there are none for so many.
  const LowTables& low_tables(std::size_t wanted) const;
  /// The inverse of the second prime modulo the first; two limbs only.
  std::uint64_t last_modulus_inverse() const noexcept { return last_modulus_inverse_; }

 private:
  Parameters parameters_;
  const RingKernels& kernels_;
  std::vector<NttTables> tables_;
  std::uint64_t last_modulus_inverse_ = 0;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<const LowTables>> low_tables_;
};

}  // namespace tensafe::ckks
