package dev.tensafe.demo;

import dev.tensafe.training.run.Generator;
import dev.tensafe.training.run.ModelEvaluation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Asks a model held-out questions, greedily, each alone in a conversation. */
final class Exam {
  private static final int MOST_TOKENS = 80;

  private Exam() {}

  /** A question, what the model said, and whether that will do. */
  record Answer(String question, String text, boolean accepted) {}

  /** All answers. */
  static List<Answer> take(
      Path model, Optional<Path> adapter, List<Question> questions, int threads) {
    return ModelEvaluation.with(
        model,
        adapter,
        threads,
        (files, trainable) -> {
          var template = files.chatTemplate();
          if (template == null) {
            throw new IllegalStateException("the demo's model has no chat template");
          }
          List<int[]> prompts = new ArrayList<>();
          for (Question question : questions) {
            String text =
                template.render(List.of(Map.of("role", "user", "content", question.ask())), true);
            prompts.add(files.tokenizer().encode(text, false));
          }
          List<int[]> texts =
              new Generator(trainable, files.config().eosTokens())
                  .continuations(prompts, MOST_TOKENS);
          List<Answer> out = new ArrayList<>();
          for (int i = 0; i < texts.size(); i++) {
            String text = files.tokenizer().decode(texts.get(i), true);
            Question question = questions.get(i);
            out.add(new Answer(question.ask(), text, question.accepts(text)));
          }
          return out;
        });
  }

  /** The share of answers of which something is true. */
  static double share(List<Answer> answers, Predicate<Answer> good) {
    return (double) answers.stream().filter(good).count() / answers.size();
  }
}
