/** Fine-tuning and pretraining of the decoders that {@code model/} serves. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training;
