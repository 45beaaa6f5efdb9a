/** What a package says of itself: typed, checked, and as canonical JSON. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.manifest;
