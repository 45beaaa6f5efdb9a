/** Frames and messages between model host and adapter host, byte by byte: docs/HE-PROTOCOL.md. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he.wire;
