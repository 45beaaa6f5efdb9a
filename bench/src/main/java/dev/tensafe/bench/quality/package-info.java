/** {@code tensafe bench quality}: what fewer bits cost in the quality of predictions. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.quality;
