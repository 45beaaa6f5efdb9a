/** Measures encrypted adapters across a network that is not there. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.he;
