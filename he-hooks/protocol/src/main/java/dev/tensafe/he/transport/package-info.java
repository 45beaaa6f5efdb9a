/** Transport of frames: TLS with mutual authentication, Unix sockets, or within one process. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he.transport;
