/** From logits to one token: penalties, truncation, the random stream, log-probabilities. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.sample;
