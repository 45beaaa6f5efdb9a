/**
 * Tools: what a request says of them, how families of models spell calls, and answers read back
 * into text, reasoning and calls, piece by piece.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.tools;
