/** Trained weights on their way out: adapter packages made from memory. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tuning.publish;
