/** The one package that knows OpenTelemetry's library. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tracing.otel;
