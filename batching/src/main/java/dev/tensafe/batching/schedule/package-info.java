/** Which sequences run in a step and which cache blocks they hold; no model, no threads. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.schedule;
