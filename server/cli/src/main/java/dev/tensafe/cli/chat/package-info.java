/** {@code tensafe chat}: a conversation with a server, in the terminal. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.cli.chat;
