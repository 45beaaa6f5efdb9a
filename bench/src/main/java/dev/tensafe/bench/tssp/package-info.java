/** Measurements of adapter packages: rates with the limits of the machine, latencies, memory. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.tssp;
