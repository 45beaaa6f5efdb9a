/** Guesses at how sequences go on, to be checked by the model several at a time. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.draft;
