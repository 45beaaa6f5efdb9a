/** {@code tensafe bench gate}: this build's figures beside a stored run's, by ratio. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.gate;
