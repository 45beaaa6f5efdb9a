/** Servers elsewhere that commands talk to. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.cli.remote;
