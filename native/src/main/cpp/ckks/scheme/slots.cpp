#include "ckks/scheme/slots.hpp"

#include <bit>
#include <cmath>
#include <numbers>
#include <utility>

#include "ckks/errors.hpp"

namespace tensafe::ckks {

SlotEncoder::SlotEncoder(std::size_t degree) : degree_(degree), powers_(2 * degree), odd_index_(degree / 2) {
  for (std::size_t i = 0; i < 2 * degree; ++i) {
    const double angle = std::numbers::pi * static_cast<double>(i) / static_cast<double>(degree);
    powers_[i] = {std::cos(angle), std::sin(angle)};
  }
  std::size_t exponent = 1;
  for (std::size_t j = 0; j < degree / 2; ++j) {
    odd_index_[j] = (exponent - 1) / 2;
    exponent = exponent * 3 % (2 * degree);
  }
}

/// Σ_i values[i]·ω^(±ik), ω = ζ², without the factor 1/N. Cooley–Tukey on bit-reversed input.
void SlotEncoder::transform(std::vector<std::complex<double>>& values, bool inverse) const {
  const std::size_t n = degree_;
  const int bits = std::countr_zero(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t reversed = 0;
    for (int b = 0; b < bits; ++b) reversed |= (i >> b & 1) << (bits - 1 - b);
    if (i < reversed) std::swap(values[i], values[reversed]);
  }
  for (std::size_t half = 1; half < n; half *= 2) {
    for (std::size_t start = 0; start < n; start += 2 * half) {
      for (std::size_t i = 0; i < half; ++i) {
        const std::complex<double> power = powers_[i * n / half];
        const std::complex<double> odd =
            values[start + half + i] * (inverse ? std::conj(power) : power);
        values[start + half + i] = values[start + i] - odd;
        values[start + i] += odd;
      }
    }
  }
}

void SlotEncoder::encode(const std::complex<double>* slots, double scale,
                         std::int64_t* coefficients) const {
  std::vector<std::complex<double>> values(degree_);
  for (std::size_t j = 0; j < degree_ / 2; ++j) {
    require(std::isfinite(slots[j].real()) && std::isfinite(slots[j].imag()), ErrorCode::kNotFinite,
            "encode: a slot is not finite");
    values[odd_index_[j]] = slots[j];
    // ζ^−(2k+1) is the power 2(N − 1 − k) + 1
    values[degree_ - 1 - odd_index_[j]] = std::conj(slots[j]);
  }
  transform(values, true);
  for (std::size_t i = 0; i < degree_; ++i) {
    const double coefficient =
        (values[i] * std::conj(powers_[i])).real() * (scale / static_cast<double>(degree_));
    require(std::fabs(coefficient) < 0x1p62, ErrorCode::kInvalidArgument,
            "encode: a coefficient is not below 2^62");
    coefficients[i] = std::llrint(coefficient);
  }
}

void SlotEncoder::decode(const double* coefficients, double scale, std::complex<double>* slots) const {
  std::vector<std::complex<double>> values(degree_);
  for (std::size_t i = 0; i < degree_; ++i) values[i] = powers_[i] * coefficients[i];
  transform(values, false);
  for (std::size_t j = 0; j < degree_ / 2; ++j) slots[j] = values[odd_index_[j]] / scale;
}

}  // namespace tensafe::ckks
