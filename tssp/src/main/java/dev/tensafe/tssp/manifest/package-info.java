/** The manifest of a package: typed, checked, and as canonical JSON. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.manifest;
