/** Regular expressions of Python's {@code re}, matched without backtracking. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.regex;
