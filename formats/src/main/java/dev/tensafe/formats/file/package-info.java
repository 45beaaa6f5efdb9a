/** Files that survive a crash, and files that one process at a time may use. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.file;
