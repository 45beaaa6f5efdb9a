/** What constrained decoding shares: the error of everything that cannot be enforced. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.grammar;
