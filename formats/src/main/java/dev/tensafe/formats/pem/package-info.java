/** Certificates and private keys as operators have them: PEM files. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.pem;
