package dev.tensafe.server.tools;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The formats there are, and which one a model's chat template is written for. Stateless. */
public final class ToolFormats {
  private static final ToolFormat HERMES = new HermesFormat();
  private static final ToolFormat LLAMA = new LlamaJsonFormat();
  private static final ToolFormat MISTRAL = new MistralFormat("mistral", false);
  private static final ToolFormat MISTRAL_SINGLE = new MistralFormat("mistral_args", true);
  private static final ToolFormat QWEN_XML = new QwenXmlFormat();
  private static final ToolFormat PYTHONIC = new PythonicFormat("pythonic", false);
  private static final ToolFormat LFM = new PythonicFormat("lfm2", true);
  private static final ToolFormat JSON = new JsonFormat();

  private static final Map<String, ToolFormat> BY_FLAG = byFlag();

  private ToolFormats() {}

  private static Map<String, ToolFormat> byFlag() {
    Map<String, ToolFormat> out = new LinkedHashMap<>();
    for (ToolFormat format :
        List.of(HERMES, LLAMA, MISTRAL, MISTRAL_SINGLE, QWEN_XML, PYTHONIC, LFM, JSON)) {
      out.put(format.flag(), format);
    }
    out.put("qwen3_xml", QWEN_XML);
    return Map.copyOf(out);
  }

  /** The names of {@code --tool-call-parser}, in alphabetical order. */
  public static Set<String> flags() {
    return new TreeSet<>(BY_FLAG.keySet());
  }

  /** The format of a name; empty where there is none. */
  public static Optional<ToolFormat> named(String flag) {
    return Optional.ofNullable(BY_FLAG.get(flag));
  }

  /**
   * The format of a chat template, by the marks it writes earlier calls with, or tells the model to
   * write.
   *
   * @return {@code json} for a template without tools, and for one whose format is not known here
   */
  public static ToolFormat of(String template) {
    if (template.contains("<function=") && template.contains("<parameter=")) {
      return QWEN_XML;
    }
    if (template.contains("<tool_call>") && !template.contains("<arg_key>")) {
      return HERMES;
    }
    if (template.contains("[TOOL_CALLS]")) {
      return template.contains("[ARGS]") ? MISTRAL_SINGLE : MISTRAL;
    }
    if (template.contains("<|tool_call_start|>[")) {
      return LFM;
    }
    if (template.contains("[func_name1(")) {
      return PYTHONIC;
    }
    if (template.contains("<|python_tag|>")
        || (template.contains("ipython") && template.contains("\"parameters\""))) {
      return LLAMA;
    }
    return JSON;
  }
}
