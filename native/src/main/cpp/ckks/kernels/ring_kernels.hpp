#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/modulus.hpp"
#include "ckks/ring/ntt_tables.hpp"

namespace tensafe::base {
struct Dispatch;
}

namespace tensafe::ckks {

/// Thresholds of the rounded Gaussian, gaussian_thresholds().
constexpr std::size_t kGaussianThresholds = 20;

/// Coefficients of one tile: the unit in which ciphertexts are laid out for multiply-accumulate.
constexpr std::size_t kTile = 8;
/// Most weight rows that one call of `accumulate_tile` takes.
constexpr std::size_t kMaxTileRows = 4;

/// The inner loops, one set per instruction set. All sets give the same words for the same input:
/// every result is the residue in [0, q). Polynomials are N words, 64-byte aligned. No function here
/// branches on, or indexes by, its data.
struct RingKernels {
  const char* name;

  /// In place, coefficients to values (bit-reversed order of NttTables).
  void (*ntt_forward)(std::uint64_t* polynomial, const NttTables& tables);
  /// In place, values to coefficients.
  void (*ntt_inverse)(std::uint64_t* polynomial, const NttTables& tables);
  /// The lowest `wanted` coefficients (a power of two, 1 … N) of a polynomial given by its values;
  /// overwrites all of it, the answer is in its first words. N additions and N/2·log2(wanted)
  /// butterflies: the low half of a block of the inverse transform is the plain sum of its halves.
  void (*ntt_inverse_low)(std::uint64_t* polynomial, std::size_t wanted, const NttTables& tables);

  /// out = a·b, value by value.
  void (*multiply)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                   const Modulus& q);
  /// sum += a·b.
  void (*multiply_add)(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                       const Modulus& q);
  /// sum −= a·b.
  void (*multiply_subtract)(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b,
                            std::size_t n, const Modulus& q);
  void (*add)(std::uint64_t* sum, const std::uint64_t* a, std::size_t n, const Modulus& q);
  void (*subtract)(std::uint64_t* sum, const std::uint64_t* a, std::size_t n, const Modulus& q);
  /// product *= factor, a residue.
  void (*scale)(std::uint64_t* product, std::uint64_t factor, std::size_t n, const Modulus& q);

  /// The multiply-accumulate of the encrypted inner products, for 8 neighbouring NTT values:
  /// out[r][c][i] = Σ_b weights[b][r][i / (8/distinct)] · tile[b][c][i] for r < rows, c < 2, i < 8.
  /// `tile` is [blocks][2][8], `weights` [blocks][rows][distinct], `out` [rows][2][8]; rows is 1, 2 or
  /// 4, distinct 1, 2, 4 or 8 (values of a polynomial in X^T repeat T times). Any number of blocks.
  void (*accumulate_tile)(const std::uint64_t* tile, const std::uint64_t* weights, std::size_t blocks,
                          std::size_t rows, std::size_t distinct, std::uint64_t* out, const Modulus& q);

  /// Keeps the low bits of each word given by `mask`; true if any is then ≥ bound.
  bool (*mask_words)(std::uint64_t* words, std::size_t n, std::uint64_t mask, std::uint64_t bound);
  /// Rounded Gaussians from uniform 32-bit numbers by inversion, all thresholds always compared.
  void (*gaussian)(const std::uint32_t* random, std::int32_t* out, std::size_t n,
                   const std::int32_t* thresholds);
  void (*widen)(const std::int32_t* values, std::int64_t* out, std::size_t n);
  /// Residues of small signed numbers, below q in magnitude.
  void (*small_residues)(const std::int32_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);
  /// The largest |values[i]·column_factors[i]| as the bits of a float; those of an infinity or more if
  /// any product is not finite.
  std::uint32_t (*largest_magnitude)(const float* values, const float* column_factors, std::size_t n);
  /// Numbers times `factor`, rounded to the nearest integer (ties to even); below 2^51 in magnitude.
  void (*quantize)(const float* values, const float* column_factors, double factor, std::int64_t* out,
                   std::size_t n);
  /// Residues of signed numbers below q in magnitude.
  void (*near_residues)(const std::int64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);
  /// Residues of any signed numbers.
  void (*reduce_signed)(const std::int64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);

  /// Two vectors [2][n] times the rows of a matrix [rows][n], out [rows][2]; n is a multiple of 4. All are
  /// whole numbers whose sums stay below 2^53, so the order of additions does not matter.
  void (*dot_pairs)(const double* vectors, const double* matrix, std::size_t rows, std::size_t n,
                    double* out);
};

/// The fastest set that may run there: "scalar", "avx2" or "avx512ifma".
const RingKernels& kernels_for(const base::Dispatch& dispatch);

const RingKernels& scalar_kernels();
#if defined(__x86_64__)
const RingKernels& avx2_kernels();
const RingKernels& avx512ifma_kernels();
#endif

}  // namespace tensafe::ckks
