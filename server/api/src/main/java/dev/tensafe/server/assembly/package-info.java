/** Which implementations the server is made of. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.assembly;
