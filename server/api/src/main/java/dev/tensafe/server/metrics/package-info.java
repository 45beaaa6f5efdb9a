/** What /metrics shows. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.metrics;
