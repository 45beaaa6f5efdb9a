/** LoRA adapters as Hugging Face PEFT writes them: configuration, tensor names, scaling. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.peft;
