package dev.tensafe.model.shape;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The decoder architectures this project runs, by the class names in {@code config.json}. */
public enum Architecture {
  LLAMA("LlamaForCausalLM"),
  MISTRAL("MistralForCausalLM"),
  QWEN2("Qwen2ForCausalLM"),
  QWEN3("Qwen3ForCausalLM");

  private final String className;

  Architecture(String className) {
    this.className = className;
  }

  /** The class name Hugging Face gives the architecture. */
  public String className() {
    return className;
  }

  public static Architecture parse(String name) {
    for (Architecture architecture : values()) {
      if (architecture.className.equals(name)) {
        return architecture;
      }
    }
    throw new ModelException(
        "model.architecture",
        "config.json asks for the architecture '"
            + name
            + "'; supported are "
            + Arrays.stream(values())
                .map(Architecture::className)
                .collect(Collectors.joining(", ")));
  }
}
