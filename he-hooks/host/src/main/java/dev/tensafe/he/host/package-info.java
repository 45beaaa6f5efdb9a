/** The adapter host: holds sealed weights, evaluates ciphertexts, meters tokens. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he.host;
