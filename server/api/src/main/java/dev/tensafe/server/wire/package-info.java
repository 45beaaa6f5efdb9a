/**
 * HTTP/1 as it comes over the wire, before anything else reads it: framing that has one meaning.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.wire;
