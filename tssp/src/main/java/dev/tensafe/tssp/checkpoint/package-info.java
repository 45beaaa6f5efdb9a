/** Training checkpoints as packages; the format is specified in docs/TSSP.md. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.checkpoint;
