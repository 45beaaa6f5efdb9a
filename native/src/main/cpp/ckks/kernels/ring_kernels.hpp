#pragma once

#include <cstddef>
#include <cstdint>

#include "ckks/ring/low_tables.hpp"
#include "ckks/ring/modulus.hpp"
#include "ckks/ring/ntt_tables.hpp"

namespace tensafe::base {
struct Dispatch;
}

namespace tensafe::ckks {

/// Thresholds of the rounded Gaussian, gaussian_thresholds().
constexpr std::size_t kGaussianThresholds = 20;

/// Bits of the lower digit of a residue in an exact inner product.
constexpr int kDigitBits = 25;

/// Rows of a matrix for exact inner products that lie together.
constexpr std::size_t kDotRows = 4;

/// Coefficients of one tile: the unit in which ciphertexts are laid out for multiply-accumulate.
constexpr std::size_t kTile = 8;
/// Most weight rows that one call of `accumulate_tile` takes.
constexpr std::size_t kMaxTileRows = 4;

/// Two factors of a product, arranged.
struct LowFactors {
  const std::uint64_t* a;
  const std::uint64_t* b;
  const std::uint64_t* b_prepared;
};

/// The inner loops, one set per instruction set. All sets give the same words for the same input:
/// every result is the residue in [0, q). Polynomials are N words, 64-byte aligned. No function here
/// branches on, or indexes by, its data.
struct RingKernels {
  const char* name;

  /// In place, coefficients to values (bit-reversed order of NttTables).
  void (*ntt_forward)(std::uint64_t* polynomial, const NttTables& tables);
  /// The same, then minus a·b, where `prepared` is what `prepare` made of b.
  void (*ntt_forward_subtract)(std::uint64_t* polynomial, const std::uint64_t* a, const std::uint64_t* b,
                               const std::uint64_t* prepared, const NttTables& tables);
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
  /// out = a·b + c·d.
  void (*multiply_pairs)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b,
                         const std::uint64_t* c, const std::uint64_t* d, std::size_t n, const Modulus& q);
  /// sum += a·b + c·d.
  void (*multiply_pairs_add)(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b,
                             const std::uint64_t* c, const std::uint64_t* d, std::size_t n, const Modulus& q);
  /// Words, as many as there are, that make products with these residues cheaper: of use to this set only.
  void (*prepare)(const std::uint64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);
  /// out = a·b, where `prepared` is what `prepare` made of b.
  void (*multiply_prepared)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b,
                            const std::uint64_t* prepared, std::size_t n, const Modulus& q);
  /// sum −= a·b.
  void (*multiply_subtract_prepared)(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b,
                                     const std::uint64_t* prepared, std::size_t n, const Modulus& q);
  /// Values, or what `prepare` made of them, in the order in which `low_products` reads them.
  void (*arrange)(const std::uint64_t* values, const NttTables& tables, const LowTables& low, std::uint64_t* out);
  /// The lowest wanted coefficients of Σ_i a[i]·b[i], i < count ≤ 2, of arranged values with what `prepare` made
  /// of b; `scratch` is [3·N + 32].
  void (*low_products)(const LowFactors* factors, std::size_t count, const NttTables& tables, const LowTables& low,
                       std::uint64_t* scratch, std::uint64_t* out);
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
  /// Rounded Gaussians from uniform 32-bit numbers by inversion: the number of thresholds, in ascending order,
  /// that the upper 31 bits reach, with the lowest bit as the sign.
  void (*gaussian)(const std::uint32_t* random, std::int8_t* out, std::size_t n,
                   const std::int32_t* thresholds);
  /// Standard normal numbers from uniform 64-bit ones by the Box–Muller transform; n is even.
  void (*normal)(const std::uint64_t* random, double* out, std::size_t n);
  void (*widen)(const std::int8_t* values, std::int64_t* out, std::size_t n);
  /// Residues of small signed numbers, below q in magnitude.
  void (*small_residues)(const std::int8_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);
  /// The largest |values[i]·column_factors[i]| as the bits of a float; those of an infinity or more if
  /// any product is not finite. `squares` gets Σ values[i]², then that of the products.
  std::uint32_t (*measure)(const float* values, const float* column_factors, std::size_t n, double* squares);
  /// Numbers times `factor`, rounded to the nearest integer (ties to even); below 2^51 in magnitude.
  void (*quantize)(const float* values, const float* column_factors, double factor, std::int64_t* out,
                   std::size_t n);
  /// The same for numbers below 2^63.
  void (*quantize_wide)(const float* values, const float* column_factors, double factor, std::int64_t* out,
                        std::size_t n);
  /// pad[i] + m[i] mod q for the numbers m that `quantize` gives, below q in magnitude, and the sums of
  /// f0[i]·(m[i] + errors[i]) and f1[i]·(m[i] + errors[i]).
  void (*encode)(const float* values, const float* column_factors, double factor, const std::int8_t* errors,
                 const double* f0, const double* f1, std::uint64_t* pad, std::size_t n, const Modulus& q,
                 double* sums);
  /// The residues of m[i] + errors[i] instead, and the same sums.
  void (*encode_body)(const float* values, const float* column_factors, double factor, const std::int8_t* errors,
                      const double* f0, const double* f1, std::uint64_t* out, std::size_t n, const Modulus& q,
                      double* sums);
  /// The sums of f0[i]·values[i] and f1[i]·values[i].
  void (*combine)(const std::int64_t* values, const double* f0, const double* f1, std::size_t n, double* sums);
  /// A matrix [rows][columns] to [columns][rows].
  void (*transpose)(const std::uint64_t* matrix, std::size_t rows, std::size_t columns, std::uint64_t* out);
  /// What `deal` reads of a factor b: a multiple of it that suits this set, and what makes its products cheaper.
  void (*prepare_deal)(const std::uint64_t* b, const NttTables& tables, std::uint64_t* factor,
                       std::uint64_t* prepared);
  /// out[t·stride + j] = errors[t·stride + j] − c[t + tokens·j] mod q for t < tokens, j < columns, where c are the
  /// coefficients of a·b: deals them to tokens, a multiple of 8 of them. Overwrites a.
  void (*deal)(std::uint64_t* a, const std::uint64_t* factor, const std::uint64_t* prepared,
               const NttTables& tables, std::size_t tokens, std::size_t columns, const std::int8_t* errors,
               std::uint64_t* out, std::size_t stride);
  /// Residues of signed numbers below q in magnitude.
  void (*near_residues)(const std::int64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);
  /// Residues of any signed numbers.
  void (*reduce_signed)(const std::int64_t* values, std::uint64_t* out, std::size_t n, const Modulus& q);

  /// Packs 4·fours numbers below 2^50, the first in the lowest bits of the first byte, into 25·fours
  /// bytes; and back, true if any is ≥ bound.
  void (*pack)(const std::uint64_t* values, std::size_t fours, std::uint8_t* out);
  bool (*unpack)(const std::uint8_t* in, std::size_t fours, std::uint64_t bound, std::uint64_t* values);

  /// The same as digits of kDigitBits bits, low + 2^kDigitBits·high, in doubles.
  bool (*unpack_digits)(const std::uint8_t* in, std::size_t fours, std::uint64_t bound, double* low, double* high);
  /// Inner products of vectors [count][n] with the rows of a matrix, out [count][rows]; n is a multiple of 8,
  /// rows one of kDotRows, and the matrix lies as [rows/kDotRows][n/8][kDotRows][8]. All are whole numbers whose
  /// sums stay below 2^53, so the order of additions does not matter.
  void (*dot)(const double* vectors, std::size_t count, const std::int32_t* matrix, std::size_t rows,
              std::size_t n, double* out);
  /// sum[i] += low[i] + 2^kDigitBits·high[i] mod q, for whole numbers below 2^52 in magnitude.
  void (*add_digits)(std::uint64_t* sum, const double* low, const double* high, std::size_t n, const Modulus& q);
};

/// The fastest set that may run there: "scalar", "avx2" or "avx512ifma".
const RingKernels& kernels_for(const base::Dispatch& dispatch);

const RingKernels& scalar_kernels();
#if defined(__x86_64__)
const RingKernels& avx2_kernels();
const RingKernels& avx512ifma_kernels();
#endif

}  // namespace tensafe::ckks
