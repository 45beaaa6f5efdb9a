/** Settings of a tokenizer beside {@code tokenizer.json}. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.tokenizer;
