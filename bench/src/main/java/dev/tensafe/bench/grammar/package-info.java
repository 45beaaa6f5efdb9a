/** What masks of constrained outputs take. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.grammar;
