/** The results of a run: Hugging Face checkpoints and PEFT adapters. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.out;
