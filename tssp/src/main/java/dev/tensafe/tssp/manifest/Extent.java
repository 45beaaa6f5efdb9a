package dev.tensafe.tssp.manifest;

/**
 * Length and SHA-256 of some bytes.
 *
 * @param sha256 32 bytes
 */
public record Extent(long length, byte[] sha256) {}
