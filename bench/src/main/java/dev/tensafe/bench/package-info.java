/** Load on a running server, measured from outside. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench;
