/** Reading and writing safetensors files and sharded checkpoints. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.safetensors;
