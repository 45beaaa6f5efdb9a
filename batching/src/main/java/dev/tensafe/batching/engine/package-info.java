/** The loop that joins scheduler, executor and sampler, and its interface to callers. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.engine;
