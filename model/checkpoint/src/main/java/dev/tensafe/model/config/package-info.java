/**
 * Model directories as Hugging Face publishes them: configuration, rotary embeddings, expected
 * tensors.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.config;
