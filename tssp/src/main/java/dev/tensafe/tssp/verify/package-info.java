/** Verification of a package, step by step, and access to what it verified. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.verify;
