/** Calls that outlive the process: the durable queue, and what its file is encrypted with. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tuning.queue;
