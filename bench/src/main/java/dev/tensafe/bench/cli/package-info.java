/** The commands of {@code tensafe bench}. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.cli;
