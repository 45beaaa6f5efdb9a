/** What the parts of a package hold, streamed and checked. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.content;
