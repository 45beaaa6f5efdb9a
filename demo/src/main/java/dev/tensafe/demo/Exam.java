package dev.tensafe.demo;

import dev.tensafe.training.run.Generator;
import dev.tensafe.training.run.ModelEvaluation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Asks a model held-out questions, greedily, each in a conversation of its own. */
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
          var generator = new Generator(trainable, files.config().eosTokens());
          Map<Question, List<Map<String, Object>>> dialogues = new LinkedHashMap<>();
          questions.forEach(question -> dialogues.put(question, new ArrayList<>()));
          List<Answer> out = new ArrayList<>();
          int turns = questions.stream().mapToInt(q -> q.before().size()).max().orElse(0) + 1;
          // Shorter dialogues begin later, so that all last questions are asked together.
          for (int turn = 0; turn < turns; turn++) {
            int left = turns - turn;
            List<List<Map<String, Object>>> asked = new ArrayList<>();
            List<int[]> prompts = new ArrayList<>();
            dialogues.forEach(
                (question, dialogue) -> {
                  int at = question.before().size() + 1 - left;
                  if (at >= 0) {
                    boolean last = at == question.before().size();
                    dialogue.add(
                        message("user", last ? question.ask() : question.before().get(at)));
                    asked.add(dialogue);
                    prompts.add(files.tokenizer().encode(template.render(dialogue, true), false));
                  }
                });
            List<int[]> texts = generator.continuations(prompts, MOST_TOKENS);
            for (int i = 0; i < texts.size(); i++) {
              String text = files.tokenizer().decode(texts.get(i), true).strip();
              asked.get(i).add(message("assistant", text));
              if (left == 1) {
                Question question = questions.get(i);
                out.add(new Answer(question.ask(), text, question.accepts(text)));
              }
            }
          }
          return out;
        });
  }

  private static Map<String, Object> message(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  /** The share of answers of which something is true. */
  static double share(List<Answer> answers, Predicate<Answer> good) {
    return (double) answers.stream().filter(good).count() / answers.size();
  }
}
