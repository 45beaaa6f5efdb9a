/** Metrics in the format of Prometheus. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.metrics;
