package dev.tensafe.server.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.LogRecorder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrefixSetupTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ExecutorOptions OPTIONS = new ExecutorOptions(ExecutorOptions.Format.F32, 1);
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}"
          + "{% if add_generation_prompt %}<assistant>{% endif %}";

  @TempDir Path dir;

  private ModelFiles model(ObjectNode config, boolean template) throws Exception {
    Path model = Files.createTempDirectory(dir, "model");
    SyntheticModel.write(model, config, DType.F32, 1);
    if (template) {
      Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
    } else {
      Path settings = model.resolve("tokenizer_config.json");
      ObjectNode node = (ObjectNode) MAPPER.readTree(settings.toFile());
      node.remove("chat_template");
      MAPPER.writeValue(settings.toFile(), node);
    }
    return ModelFiles.open(model, Clock.systemUTC());
  }

  private static ObjectNode config() {
    return SyntheticModel.llama(16, 16, 1, 2, 1, 300, 512);
  }

  private static PrefixSharing of(PrefixSettings settings, ModelFiles files, boolean keys) {
    return PrefixSetup.of(settings, "native", OPTIONS, files, keys);
  }

  @Test
  void theLogSaysWhetherItIsOnAndForWhomAndWhereItIsNot() throws Exception {
    try (ModelFiles files = model(config(), false);
        LogRecorder log = new LogRecorder(PrefixSetup.class)) {
      assertTrue(of(PrefixSettings.WITHIN_TENANTS, files, true).on());
      assertTrue(log.lines().get(0).contains("on, within each tenant"), log.lines().toString());
      assertTrue(log.lines().get(0).contains("'echo' with 'logprobs'"), log.lines().toString());
      assertTrue(of(PrefixSettings.WITHIN_TENANTS, files, false).on());
      assertTrue(log.lines().get(1).contains("no API keys"), log.lines().toString());
      assertFalse(of(PrefixSettings.OFF, files, true).on());
      assertTrue(log.lines().get(2).contains("off"), log.lines().toString());
    }
  }

  @Test
  void dynamicRotaryEmbeddingHasNone() throws Exception {
    ObjectNode config = config();
    config.putObject("rope_scaling").put("type", "dynamic").put("factor", 2.0);
    try (ModelFiles files = model(config, false);
        LogRecorder log = new LogRecorder(PrefixSetup.class)) {
      assertFalse(of(PrefixSettings.WITHIN_TENANTS, files, true).on());
      assertTrue(log.lines().get(0).contains("dynamic"), log.lines().toString());
    }
  }

  @Test
  void thePublicPromptIsWhatAllPromptsWithItBeginWith() throws Exception {
    Path text = dir.resolve("system.txt");
    Files.writeString(text, "You are of help, always and to everybody.\n");
    PrefixSettings settings = new PrefixSettings(true, Optional.of(text));
    try (ModelFiles files = model(config(), true)) {
      int[] common = of(settings, files, true).publicPrompt();
      assertTrue(common.length > 16, common.length + " tokens");
      for (String user : List.of("W", "4", "\n", "Why not?", "")) {
        List<Map<String, Object>> messages =
            List.of(
                Map.of("role", "system", "content", "You are of help, always and to everybody."),
                Map.of("role", "user", "content", user));
        int[] prompt = files.tokenizer().encode(files.chatTemplate().render(messages, true), false);
        assertTrue(Arrays.mismatch(common, prompt) < 0 || Arrays.mismatch(common, prompt) > 16);
      }
    }
  }

  @Test
  void aPublicPromptThatCannotBeUsedIsAnErrorOfItsSetting() throws Exception {
    Path text = dir.resolve("system.txt");
    Files.writeString(text, "Be brief.");
    try (ModelFiles files = model(config(), false)) {
      refused(new PrefixSettings(true, Optional.of(text)), files, "no chat template");
    }
    try (ModelFiles files = model(config(), true)) {
      refused(new PrefixSettings(true, Optional.of(dir.resolve("gone"))), files, "gone");
      Path bytes = dir.resolve("bytes");
      Files.write(bytes, new byte[] {(byte) 0xff, (byte) 0xfe});
      refused(new PrefixSettings(true, Optional.of(bytes)), files, "UTF-8");
    }
  }

  private static void refused(PrefixSettings settings, ModelFiles files, String says) {
    ConfigException e = assertThrows(ConfigException.class, () -> of(settings, files, true));
    assertEquals("config.public-prompt", e.code());
    assertTrue(e.description().contains(says), e.description());
  }
}
