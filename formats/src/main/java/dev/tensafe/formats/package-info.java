/** Errors and JSON shared by every file format. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats;
