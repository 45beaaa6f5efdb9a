/** What a run leaves: Hugging Face checkpoints and PEFT adapters. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.out;
