/** The sections of a package file: reading, writing, rewriting. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.file;
