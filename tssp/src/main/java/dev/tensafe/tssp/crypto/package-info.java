/** Key derivation, wrapped keys and segmented streams; the layouts are in docs/TSSP.md. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.crypto;
