package dev.tensafe.training.run;

import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.torch.TrainableModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The model's outputs for the prompts of a run: answers of a chat model, continuations of others.
 */
final class Samples {
  private final Generator generator;
  private final Tokenizer tokenizer;
  private final @Nullable ChatTemplate template;
  private final RunConfig config;

  Samples(
      TrainableModel model,
      Tokenizer tokenizer,
      @Nullable ChatTemplate template,
      RunConfig config) {
    this.generator = new Generator(model, model.config().eosTokens());
    this.tokenizer = tokenizer;
    this.template = template;
    this.config = config;
  }

  /**
   * Generates one text for each prompt.
   *
   * @param sink takes prompt and text
   */
  void generate(BiConsumer<String, String> sink) {
    List<int[]> prompts = new ArrayList<>();
    for (String prompt : config.samplePrompts()) {
      prompts.add(encode(prompt));
    }
    List<int[]> texts = generator.continuations(prompts, config.sampleTokens());
    for (int i = 0; i < texts.size(); i++) {
      sink.accept(config.samplePrompts().get(i), text(prompts.get(i), texts.get(i)));
    }
  }

  /** What the output adds to its prompt's text: alone, a leading space would be dropped. */
  private String text(int[] prompt, int[] output) {
    int[] both = Arrays.copyOf(prompt, prompt.length + output.length);
    System.arraycopy(output, 0, both, prompt.length, output.length);
    String before = tokenizer.decode(prompt, true);
    String all = tokenizer.decode(both, true);
    return all.startsWith(before) ? all.substring(before.length()) : tokenizer.decode(output, true);
  }

  private int[] encode(String prompt) {
    ChatTemplate chat = template;
    return chat == null
        ? tokenizer.encode(prompt, true)
        : tokenizer.encode(
            chat.render(List.of(Map.of("role", "user", "content", prompt)), true), false);
  }
}
