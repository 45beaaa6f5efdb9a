/** Counts of tokens that survive a crash: what was used of a limit is never forgotten. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.ledger;
