package dev.tensafe.server.tools;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.testkit.Shared;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ToolFormatsTest {
  /** Published templates; what is not here has no tools or a format of its own. */
  private static final Map<String, String> KNOWN =
      Map.ofEntries(
          entry("mistralai/Mistral-7B-Instruct-v0.3 (JSON Schema)", "mistral"),
          entry("CISCai/Mistral-7B-Instruct-v0.3-SOTA-GGUF", "mistral"),
          entry("mistralai/Mistral-Nemo-Instruct-2407", "mistral"),
          entry("NousResearch/Hermes-2-Pro-Llama-3-8B (JSON Schema)", "hermes"),
          entry("Qwen/Qwen2.5-7B-Instruct", "hermes"),
          entry("Qwen/Qwen3-0.6B", "hermes"),
          entry("Qwen/Qwen3.5-4B", "qwen3_coder"),
          entry("LiquidAI/LFM2.5-VL-450M", "lfm2"),
          entry("HuggingFaceTB/SmolLM3-3B", "hermes"),
          entry("meta-llama/Llama-3.1-8B-Instruct", "llama3_json"),
          entry("meta-llama/Llama-3.2-11B-Vision-Instruct", "llama3_json"));

  private static Map<String, String> templates() throws IOException {
    JsonNode cases = Shared.json("fixtures/chat-template-cases-hfjs.json").get("cases");
    Map<String, String> out = new HashMap<>();
    cases.forEach(c -> out.put(c.get("name").asText(), c.get("template").asText()));
    return out;
  }

  @Test
  void templatesShowTheirFormat() throws IOException {
    Map<String, String> templates = templates();
    assertTrue(templates.keySet().containsAll(KNOWN.keySet()));
    templates.forEach(
        (name, template) ->
            assertEquals(KNOWN.getOrDefault(name, "json"), ToolFormats.of(template).flag(), name));
  }

  @Test
  void onlyTheFormatWithoutATemplateIsDescribedInThePrompt() {
    for (String flag : ToolFormats.flags()) {
      ToolFormat format = ToolFormats.named(flag).orElseThrow();
      assertEquals(flag.equals("json"), format.isDescribedInPrompt(), flag);
      assertEquals(flag.equals("qwen3_xml") ? "qwen3_coder" : flag, format.flag());
    }
    assertTrue(ToolFormats.named("Hermes").isEmpty());
  }

  @Test
  void thoughtsAreExpectedWhereTemplateOrPromptSaySo() {
    String template = "… '<think>\\n' … </think> …";
    assertEquals(Thinking.POSSIBLE, Thinking.of(template, "<|im_start|>assistant\n"));
    assertEquals(Thinking.OPENED, Thinking.of(template, "<|im_start|>assistant\n<think>\n"));
    assertEquals(Thinking.NONE, Thinking.of(template, "assistant\n<think>\n\n</think>\n\n"));
    assertEquals(Thinking.NONE, Thinking.of("no such mark", "assistant\n"));
  }

  @Test
  void idsAreOfTheFormThatTemplatesDemand() {
    long seed = new Random().nextLong();
    System.out.println("ToolFormatsTest seed " + seed);
    for (String flag : ToolFormats.flags()) {
      ToolFormat format = ToolFormats.named(flag).orElseThrow();
      Supplier<String> ids = CallIds.of(format, new Random(seed));
      Set<String> seen = new HashSet<>();
      for (int i = 0; i < 1000; i++) {
        String id = ids.get();
        String form = flag.startsWith("mistral") ? "[0-9A-Za-z]{9}" : "call_[0-9A-Za-z]{24}";
        assertTrue(id.matches(form), id);
        assertTrue(seen.add(id), id);
      }
      assertNotEquals(ids.get(), CallIds.of(format, new Random(seed + 1)).get());
    }
  }

  @Test
  void thePromptDescribesToolsAndForm() {
    ToolRequest request =
        new ToolRequest(
            ReadAnswer.TOOLS, new ToolChoice(ToolChoice.Mode.AUTO, Set.of()), true, false);
    String text = ToolPrompt.instructions(request);
    List<JsonNode> lines =
        text.lines().filter(line -> line.startsWith("{\"name\"")).map(ReadAnswer::json).toList();
    assertEquals(ReadAnswer.TOOLS.size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertEquals(ReadAnswer.TOOLS.get(i).name(), lines.get(i).get("name").asText());
      assertEquals(ReadAnswer.TOOLS.get(i).parameters(), lines.get(i).get("parameters"));
    }
    assertTrue(text.endsWith("Where no function helps, answer in words."), text);
  }

  /** An earlier call is shown to the model as it has to write one. */
  @Test
  void earlierCallsAreSpeltAsTheyAreRead() {
    String text =
        ToolPrompt.calls(
            List.of(
                new ToolPrompt.Earlier("now", "{}"),
                new ToolPrompt.Earlier("search", "{\"query\": \"}\"}")));
    ReadAnswer read = ReadAnswer.of("json", Thinking.NONE, List.of(text));
    assertEquals(List.of(entry("now", "{}"), entry("search", "{\"query\": \"}\"}")), read.said());
    assertEquals("", read.content());
    assertEquals("The result of now:\n12:00", ToolPrompt.result("now", "12:00"));
  }
}
