/** The training service over HTTP. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.train;
