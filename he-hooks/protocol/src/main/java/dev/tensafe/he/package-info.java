/** Adapters whose deltas are computed under encryption: both parties and what they say. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he;
