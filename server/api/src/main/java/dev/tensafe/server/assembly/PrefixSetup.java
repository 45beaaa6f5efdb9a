package dev.tensafe.server.assembly;

import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.formats.CodedException;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.RopeConfig;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a model and its operator's settings make of the prefix cache, with a line in the log. */
final class PrefixSetup {
  private static final Logger LOG = LoggerFactory.getLogger(PrefixSetup.class);

  /** Two messages of users that have nothing in common from their first character on. */
  private static final List<String> ANYTHING = List.of("Why?", "42 + 1\n");

  private PrefixSetup() {}

  /**
   * Decides.
   *
   * @param executor name
   * @param keys whether requests come with API keys, so that there are tenants
   * @throws ConfigException {@code config.public-prompt}
   */
  static PrefixSharing of(
      PrefixSettings settings,
      String executor,
      ExecutorOptions options,
      ModelFiles files,
      boolean keys) {
    if (!settings.on()) {
      LOG.info("prefix cache: off");
      return PrefixSharing.OFF;
    }
    if (files.config().rope() instanceof RopeConfig.Dynamic) {
      LOG.info(
          "prefix cache: off, since with dynamic rotary embedding ('rope_scaling' of type dynamic)"
              + " keys depend on the length of their own sequence");
      return PrefixSharing.OFF;
    }
    int[] common =
        settings.publicPrompt().map(file -> publicPrompt(file, files)).orElse(new int[0]);
    LOG.info(
        "prefix cache: on, within {}; not for requests that score their prompt ('echo' with"
            + " 'logprobs'), which need every row{}",
        keys
            ? "each tenant"
            : "all requests, which are one tenant's as long as there are no API keys",
        common.length == 0
            ? ""
            : "; " + common.length + " tokens of the public prompt are shared by all tenants");
    return new PrefixSharing(true, model(executor, options, files), common);
  }

  /**
   * Names what computes keys and values. The cache ends with the process, which has one model, so
   * weights are named by their files' tensors.
   */
  private static String model(String executor, ExecutorOptions options, ModelFiles files) {
    ModelConfig config = files.config();
    return String.join(
        "\n",
        "executor " + executor,
        "format " + options.format(),
        "weights " + options.weights(),
        "cache " + options.cache(),
        "numerics " + options.numerics(),
        "config " + config,
        "tensors " + files.checkpoint().tensors().values());
  }

  /** The tokens that all prompts with this system message begin with. */
  private static int[] publicPrompt(Path file, ModelFiles files) {
    ChatTemplate template = files.chatTemplate();
    if (template == null) {
      throw new ConfigException(
          "config.public-prompt", "the model has no chat template, which public-prompt needs");
    }
    String system = read(file);
    try {
      int[] first = encode(template, files, system, ANYTHING.get(0));
      int[] second = encode(template, files, system, ANYTHING.get(1));
      int common = Arrays.mismatch(first, second);
      return Arrays.copyOf(first, common < 0 ? first.length : common);
    } catch (CodedException e) {
      throw new ConfigException(
          "config.public-prompt", "no prompt can be made of " + file + ": " + e.description(), e);
    }
  }

  private static int[] encode(ChatTemplate template, ModelFiles files, String system, String user) {
    List<Map<String, @Nullable Object>> messages =
        List.of(
            Map.of("role", "system", "content", system), Map.of("role", "user", "content", user));
    return files.tokenizer().encode(template.render(messages, true), false);
  }

  private static String read(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      // an editor's last line break is no part of the message
      return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    } catch (IOException e) {
      throw new ConfigException(
          "config.public-prompt", "cannot read " + file + " as UTF-8: " + e.getMessage(), e);
    }
  }
}
