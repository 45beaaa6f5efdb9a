/** What every program's metrics are made of: families, bounded labels, exposition, the process. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.runtime.metrics;
