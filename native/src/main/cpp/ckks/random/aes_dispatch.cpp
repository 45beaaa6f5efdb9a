#include "base/dispatch.hpp"

#include "ckks/random/aes.hpp"

namespace tensafe::ckks {

std::span<const AesImplementation> aes_implementations() {
  using base::Feature;
  static constexpr AesImplementation all[] = {
      {"portable", {}, aes_counter_portable},
#if defined(__x86_64__)
      {"aes-ni", {Feature::kSsse3, Feature::kAes}, aes_counter_ni},
      {"vaes", {Feature::kSsse3, Feature::kAes, Feature::kAvx2, Feature::kVaes}, aes_counter_vaes},
#endif
  };
  return all;
}

const AesImplementation& aes_implementation() {
  static const AesImplementation& chosen = base::best_of(aes_implementations(), base::process_dispatch());
  return chosen;
}

}  // namespace tensafe::ckks
