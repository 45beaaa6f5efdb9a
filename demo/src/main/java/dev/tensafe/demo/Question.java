package dev.tensafe.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A held-out question with what an acceptable answer holds.
 *
 * @param before what the user said earlier in the dialogue, answered by the model itself
 * @param accept alternatives, of each of which one must be in the answer
 * @param reject what the answer may not begin with
 */
record Question(List<String> before, String ask, List<List<String>> accept, List<String> reject) {
  Question {
    before = List.copyOf(before);
    accept = List.copyOf(accept);
    reject = List.copyOf(reject);
  }

  /**
   * The held-out questions of a list: {@code tensafe}, {@code tensafe_blind}, {@code ferry} or
   * {@code blind2}.
   */
  static List<Question> about(String list) {
    String file = list.equals("blind2") ? "blind2.yaml" : "questions.yaml";
    List<Question> out = new ArrayList<>();
    for (JsonNode node : Subject.yaml(file).path(list)) {
      List<List<String>> accept = new ArrayList<>();
      node.path("accept").forEach(entry -> accept.add(List.of(lower(entry.asText()).split("\\|"))));
      List<String> reject = new ArrayList<>();
      node.path("reject").forEach(entry -> reject.add(lower(entry.asText())));
      List<String> before = new ArrayList<>();
      node.path("before").forEach(entry -> before.add(entry.asText()));
      out.add(new Question(before, node.path("ask").asText(), accept, reject));
    }
    return out;
  }

  /** What is asked in all lists, bare: training dialogues do not ask it. */
  static Set<String> heldOut() {
    Set<String> out = new HashSet<>();
    for (String list : List.of("tensafe", "tensafe_blind", "ferry", "blind2")) {
      about(list).forEach(question -> out.add(bare(question.ask())));
    }
    return out;
  }

  /** A question without capitals and marks. */
  static String bare(String text) {
    return lower(text).replaceAll("[^a-z0-9 ]", "").strip();
  }

  /** Whether an answer holds what it must. */
  boolean accepts(String answer) {
    String lower = lower(answer).strip();
    return reject.stream().noneMatch(lower::startsWith)
        && accept.stream().allMatch(any -> any.stream().anyMatch(text -> begins(lower, text)));
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
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
