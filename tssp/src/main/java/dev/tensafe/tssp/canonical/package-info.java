/** Bytes that are signed: canonical JSON (RFC 8785) and DSSE's pre-authentication encoding. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.canonical;
