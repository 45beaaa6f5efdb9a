/**
 * Differential privacy of training: accountants, budgets, noise, sampling, reports.
 *
 * <p>Two data sets are neighbours if one is the other with one example added or removed. Whatever
 * is said of epsilon and delta here holds for that relation, in both directions. An example that is
 * replaced by another is one removed and one added, for which (epsilon, delta) becomes (2 epsilon,
 * (1 + exp(epsilon)) delta). A step is the sum of per-example gradients, each clipped to C, plus
 * Gaussian noise of standard deviation {@code noiseMultiplier * C}.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.privacy;
