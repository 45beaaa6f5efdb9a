/** What of a request becomes spans: docs/TRACES.md. Shapes, times and digests; never content. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.trace;
