/** Routes, sockets, streaming and errors. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.http;
