package dev.tensafe.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Says a question as people type it: with other words for the same, contracted, with words too many
 * or too few, misspelt. So that no single word and no order of words carries the meaning.
 *
 * @param alike groups of words that may stand for each other
 * @param prefaces sentences before a question
 * @param fillers words that mean nothing
 */
record Wording(List<List<String>> alike, List<String> prefaces, List<String> fillers) {
  private static final String[][] CONTRACTIONS = {
    {"what is ", "what's "},
    {"who is ", "who's "},
    {"where is ", "where's "},
    {"how is ", "how's "},
    {"that is ", "that's "},
    {"it is ", "it's "},
    {"do not ", "don't "},
    {"does not ", "doesn't "},
    {"I am ", "I'm "},
    {"I have ", "I've "},
    {"I would ", "I'd "},
    {"cannot ", "can't "}
  };

  private static final List<String> ONSETS =
      List.of(
          "b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "st", "pr", "tr", "sh");

  private static final List<String> RIMES =
      List.of("a", "e", "i", "o", "an", "er", "in", "on", "ack", "ent", "ing", "ist", "old", "ure");

  /** What a search keeps no account of. */
  private static final Set<String> SMALL =
      Set.of(
          ("a an the is are was do does did i you we it to of for in on with me my your can could"
                  + " would should will may must please there be this that have has any some and")
              .split(" "));

  Wording {
    alike = List.copyOf(alike);
    prefaces = List.copyOf(prefaces);
    fillers = List.copyOf(fillers);
  }

  /** Another wording of a question that has no mark at its end yet. */
  String vary(String question, RandomGenerator random) {
    String text = random.nextDouble() < 0.4 ? contracted(question) : question;
    List<String> words = new ArrayList<>(List.of(text.split(" ")));
    if (!question.contains("`")) {
      if (random.nextDouble() < 0.5) {
        words.replaceAll(word -> random.nextDouble() < 0.35 ? other(word, random) : word);
      }
      if (words.size() >= 4 && random.nextDouble() < 0.06) {
        List<String> kept = words.stream().filter(w -> !SMALL.contains(lower(w))).toList();
        words = new ArrayList<>(kept.size() >= 2 ? kept : words);
      }
      if (words.size() >= 5 && random.nextDouble() < 0.15) {
        words.remove(random.nextInt(words.size()));
      }
      if (words.size() >= 3 && random.nextDouble() < 0.12) {
        words.add(1 + random.nextInt(words.size() - 1), Phrases.pick(fillers, random));
      }
      if (random.nextDouble() < 0.06) {
        int at = random.nextInt(words.size());
        words.set(at, misspelt(words.get(at), random));
      }
    }
    return String.join(" ", words);
  }

  /**
   * A question of which some words are missing, have changed places, or stand beside words that
   * nobody knows. At least half of the words stay.
   */
  String roughen(String question, RandomGenerator random) {
    List<String> words = new ArrayList<>(List.of(question.split(" ")));
    if (question.contains("`") || words.size() < 3) {
      return question;
    }
    for (int drops = random.nextInt(1 + words.size() / 3); drops > 0; drops--) {
      words.remove(random.nextInt(words.size()));
    }
    double order = random.nextDouble();
    if (order < 0.15) {
      for (int i = words.size() - 1; i > 0; i--) {
        Collections.swap(words, i, random.nextInt(i + 1));
      }
    } else if (order < 0.4) {
      int at = random.nextInt(words.size());
      Collections.rotate(words, at);
    }
    for (int unknown = random.nextInt(3); unknown > 0; unknown--) {
      words.add(random.nextInt(words.size() + 1), unknownWord(random));
    }
    return String.join(" ", words);
  }

  private static String unknownWord(RandomGenerator random) {
    StringBuilder out = new StringBuilder();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      out.append(Phrases.pick(ONSETS, random)).append(Phrases.pick(RIMES, random));
    }
    return out.toString();
  }

  /** Now and then a sentence that says why somebody asks. */
  String preface(RandomGenerator random) {
    return random.nextDouble() < 0.06 ? Phrases.pick(prefaces, random) + " " : "";
  }

  private static String contracted(String text) {
    String out = text;
    for (String[] pair : CONTRACTIONS) {
      out = out.replace(pair[0], pair[1]);
    }
    return out;
  }

  private String other(String word, RandomGenerator random) {
    List<List<String>> groups = alike.stream().filter(group -> group.contains(word)).toList();
    return groups.isEmpty() ? word : Phrases.pick(Phrases.pick(groups, random), random);
  }

  /** Two letters changed places, or one missing. */
  private static String misspelt(String word, RandomGenerator random) {
    if (word.length() < 4 || !word.chars().allMatch(Character::isLetter)) {
      return word;
    }
    int at = 1 + random.nextInt(word.length() - 2);
    String rest = word.substring(at + 1);
    return random.nextBoolean()
        ? word.substring(0, at) + rest
        : word.substring(0, at) + rest.charAt(0) + word.charAt(at) + rest.substring(1);
  }

  private static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }
}
