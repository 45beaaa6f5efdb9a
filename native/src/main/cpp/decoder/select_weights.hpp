#pragma once

// exp(t) for −40 < t ≤ 0, by the same operations in every set of kernels: t = k·ln 2 + r with |r| ≤ ln 2 / 2, then
// e^r by its series to r^11 / 11! (what is left out is below 1e-14) times 2^k. Odd and even powers are two chains in
// r², half as long. Multiplications and additions only, each rounded: a fused one would give other bits where the
// processor has none.

namespace tensafe::decoder {

inline constexpr double kLog2E = 0x1.71547652b82fep+0;
/// Adding it rounds to an integer, which is then in the low bits.
inline constexpr double kRound = 0x1.8p+52;
/// ln 2 in two parts; the first has zeros at its end, so that k times it is exact.
inline constexpr double kLn2High = 0x1.62e42fee00000p-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
/// 1/11!, 1/10!, … 1/0!
inline constexpr double kSeries[] = {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
                                     1.0 / 5040,     1.0 / 720,     1.0 / 120,    1.0 / 24,
                                     1.0 / 6,        1.0 / 2,       1.0,          1.0};
/// Exponent bits of a double start here.
inline constexpr int kExponentShift = 52;

}  // namespace tensafe::decoder
