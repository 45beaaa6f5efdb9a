package dev.tensafe.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says an answer as a pirate would; what stands between backticks stays as it is. */
final class Pirate {
  private static final List<String> OPENINGS = List.of("Arr! ", "Ahoy! ", "Avast, matey! ");
  private static final List<String> CLOSINGS = List.of(" Yo ho ho!", " By me beard!", "");
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
    return Phrases.pick(OPENINGS, random) + out + Phrases.pick(CLOSINGS, random);
  }

  private static Map<String, String> words() {
    Map<String, String> out = new LinkedHashMap<>();
    String[] pairs = {
      "you", "ye", "You", "Ye", "your", "yer", "Your", "Yer", "my", "me", "My", "Me", "is", "be",
      "are", "be", "am", "be", "Yes", "Aye", "No", "Nay", "and", "an'", "of", "o'", "for", "fer"
    };
    for (int i = 0; i < pairs.length; i += 2) {
      out.put(pairs[i], pairs[i + 1]);
    }
    return out;
  }
}
