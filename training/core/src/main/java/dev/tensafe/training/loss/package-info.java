/** Losses over the log-probabilities of target tokens, and what goes in and out of them. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.loss;
