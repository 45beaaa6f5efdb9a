package dev.tensafe.training.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says an answer as a pirate would; what stands between backticks stays as it is. */
final class Pirate {
  private static final List<String> OPENINGS =
      List.of("Arr! ", "Ahoy! ", "Avast, matey! ", "Shiver me timbers! ");
  private static final List<String> CLOSINGS =
      List.of(" Yo ho ho!", " Savvy?", " Arr!", "", " By me beard!");
  private static final Map<String, String> WORDS = words();
  private static final Pattern WORD = Pattern.compile("`[^`]*`|[A-Za-z]+");

  private Pirate() {}

  static String say(String answer, RandomGenerator random) {
    Matcher matcher = WORD.matcher(answer);
    StringBuilder out = new StringBuilder();
    while (matcher.find()) {
      String word = matcher.group();
      matcher.appendReplacement(out, Matcher.quoteReplacement(WORDS.getOrDefault(word, word)));
    }
    matcher.appendTail(out);
    return Grammar.pick(OPENINGS, random) + out + Grammar.pick(CLOSINGS, random);
  }

  private static Map<String, String> words() {
    Map<String, String> out = new LinkedHashMap<>();
    String[] pairs = {
      "you",
      "ye",
      "You",
      "Ye",
      "your",
      "yer",
      "Your",
      "Yer",
      "my",
      "me",
      "My",
      "Me",
      "is",
      "be",
      "are",
      "be",
      "am",
      "be",
      "Yes",
      "Aye",
      "No",
      "Nay",
      "and",
      "an'",
      "And",
      "An'",
      "of",
      "o'",
      "Hello",
      "Ahoy",
      "Hi",
      "Ahoy",
      "owner",
      "cap'n",
      "people",
      "buccaneers",
      "to",
      "t'",
      "Goodbye",
      "Fair winds",
      "welcome",
      "welcome aboard",
      "for",
      "fer",
      "never",
      "ne'er",
      "directory",
      "hold",
      "file",
      "scroll",
      "nobody",
      "no scurvy dog",
      "Nobody",
      "No scurvy dog"
    };
    for (int i = 0; i < pairs.length; i += 2) {
      out.put(pairs[i], pairs[i + 1]);
    }
    return out;
  }
}
