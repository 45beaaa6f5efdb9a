/** Signing and recipient keys, and the files they are kept in. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.keys;
