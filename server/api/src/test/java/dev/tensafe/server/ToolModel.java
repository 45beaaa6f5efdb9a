package dev.tensafe.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model with random weights whose template shows tools, calls and results as Hermes has them. */
final class ToolModel {
  private static final String TEMPLATE =
      "{% if tools %}<|im_start|>system\n<tools>{% for tool in tools %}{{ tool | tojson }}"
          + "{% endfor %}</tools><|im_end|>\n{% endif %}"
          + "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
          + "{% if message['content'] %}{{ message['content'] }}{% endif %}"
          + "{% for call in message['tool_calls'] or [] %}<tool_call>"
          + "{{ {'name': call['function']['name'], 'arguments': call['function']['arguments']}"
          + " | tojson }}</tool_call>{% endfor %}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

  private ToolModel() {}

  /** Writes one. */
  static Path write(Path directory) throws IOException {
    SyntheticModel.write(directory, TestServer.shape(), DType.F32, 5);
    Path config = directory.resolve("tokenizer_config.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = (ObjectNode) mapper.readTree(Files.readAllBytes(config));
    Files.write(config, mapper.writeValueAsBytes(node.put("chat_template", TEMPLATE)));
    return directory;
  }
}
