/** {@code tensafe bench step}: steps of the native executor beside what the machine can do. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.step;
