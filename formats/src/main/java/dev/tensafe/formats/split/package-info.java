/**
 * The owner's split of an adapter into a public basis and a sealed matrix, for encrypted
 * evaluation.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.split;
