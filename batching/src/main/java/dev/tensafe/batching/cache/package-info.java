/** Who holds which blocks of the key/value cache, and whom their content may serve. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.cache;
