package dev.tensafe.training.run;

import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.torch.TrainableModel;
import java.util.ArrayList;
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
      sink.accept(config.samplePrompts().get(i), tokenizer.decode(texts.get(i), true));
    }
  }

  private int[] encode(String prompt) {
    ChatTemplate chat = template;
    return chat == null
        ? tokenizer.encode(prompt, true)
        : tokenizer.encode(
            chat.render(List.of(Map.of("role", "user", "content", prompt)), true), false);
  }
}
