/** An answer that is one assistant's message, as a sequence of parts, whole or in events. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.message;
