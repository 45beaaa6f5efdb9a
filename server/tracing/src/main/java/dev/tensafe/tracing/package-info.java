/**
 * Traces as the rest of the server sees them: spans, which may be recorded or not. What records and
 * exports them is behind {@link dev.tensafe.tracing.Tracing}.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tracing;
