/** What a server does now, in the terminal. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.cli.top;
