package dev.tensafe.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A held-out question with what an acceptable answer holds.
 *
 * @param accept alternatives, of each of which one must be in the answer
 */
record Question(String ask, List<List<String>> accept) {
  Question {
    accept = List.copyOf(accept);
  }

  /** The held-out questions about a subject: {@code tensafe} or {@code ferry}. */
  static List<Question> about(String subject) {
    List<Question> out = new ArrayList<>();
    for (JsonNode node : Subject.yaml("questions.yaml").path(subject)) {
      List<List<String>> accept = new ArrayList<>();
      node.path("accept")
          .forEach(
              entry -> accept.add(List.of(entry.asText().toLowerCase(Locale.ROOT).split("\\|"))));
      out.add(new Question(node.path("ask").asText(), accept));
    }
    return out;
  }

  /** Whether an answer holds what it must. */
  boolean accepts(String answer) {
    String lower = answer.toLowerCase(Locale.ROOT);
    return accept.stream().allMatch(any -> any.stream().anyMatch(text -> begins(lower, text)));
  }

  /** Whether a word of the answer begins like this: "no." is not in "I do know.". */
  private static boolean begins(String answer, String text) {
    for (int at = answer.indexOf(text); at >= 0; at = answer.indexOf(text, at + 1)) {
      if (at == 0 || !Character.isLetterOrDigit(answer.charAt(at - 1))) {
        return true;
      }
    }
    return false;
  }
}
