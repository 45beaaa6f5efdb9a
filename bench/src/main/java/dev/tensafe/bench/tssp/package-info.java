/** What adapter packages cost: rates beside the limits of the machine, latencies, memory. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.tssp;
