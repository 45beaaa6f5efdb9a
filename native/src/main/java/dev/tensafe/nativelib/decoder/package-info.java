/** The decoder in native memory: weights, cache and the steps that run over them. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.nativelib.decoder;
