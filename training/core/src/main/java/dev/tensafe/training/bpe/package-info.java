/** Training of byte-level BPE tokenizers. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.bpe;
