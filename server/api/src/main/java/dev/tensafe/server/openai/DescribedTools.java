package dev.tensafe.server.openai;

import dev.tensafe.model.template.TemplateInput;
import dev.tensafe.server.tools.ToolPrompt;
import dev.tensafe.server.tools.ToolRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with tools as plain messages, for templates that know none: the system's message
 * describes them, calls and their results are texts.
 */
public final class DescribedTools {
  private DescribedTools() {}

  /** The conversation that says the same without tools. */
  public static TemplateInput describe(TemplateInput conversation, ToolRequest tools) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    Map<Object, String> names = new LinkedHashMap<>();
    if (tools.mayCall()) {
      out.add(new LinkedHashMap<>(Map.of("role", "system", "content", "")));
    }
    for (Map<String, @Nullable Object> message : conversation.messages()) {
      Map<String, @Nullable Object> plain = plain(message, names);
      boolean first =
          out.size() == 1 && out.get(0).get("content") instanceof String s && s.isEmpty();
      if (first && tools.mayCall() && "system".equals(plain.get("role"))) {
        out.set(0, plain);
      } else {
        out.add(plain);
      }
    }
    if (tools.mayCall()) {
      Map<String, @Nullable Object> system = out.get(0);
      String said = String.valueOf(system.get("content"));
      String told = ToolPrompt.instructions(tools);
      system.put("content", said.isEmpty() ? told : said + "\n\n" + told);
    }
    return new TemplateInput(
        out,
        conversation.ending(),
        null,
        conversation.documents(),
        Map.copyOf(conversation.given()));
  }

  private static Map<String, @Nullable Object> plain(
      Map<String, @Nullable Object> message, Map<Object, String> names) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>(message);
    if (message.get("tool_calls") instanceof List<?> calls) {
      List<ToolPrompt.Earlier> earlier = new ArrayList<>();
      for (Object call : calls) {
        if (call instanceof Map<?, ?> map && map.get("function") instanceof Map<?, ?> function) {
          String name = String.valueOf(function.get("name"));
          if (map.get("id") != null) {
            names.put(map.get("id"), name);
          }
          Object arguments = function.get("arguments");
          earlier.add(new ToolPrompt.Earlier(name, JsonBody.compact(arguments)));
        }
      }
      String said = message.get("content") instanceof String text ? text : "";
      String written = ToolPrompt.calls(earlier);
      out.put("content", said.isEmpty() ? written : said + "\n" + written);
      out.remove("tool_calls");
    }
    if ("tool".equals(message.get("role"))) {
      Object id = message.get("tool_call_id");
      Object name = message.getOrDefault("name", id == null ? null : names.get(id));
      String result = String.valueOf(message.get("content"));
      out.put("role", "user");
      out.put("content", ToolPrompt.result(name == null ? "the call" : name.toString(), result));
      out.remove("tool_call_id");
      out.remove("name");
    }
    return out;
  }
}
