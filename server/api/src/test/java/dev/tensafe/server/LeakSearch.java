package dev.tensafe.server;

import dev.tensafe.runtime.log.LogLevels;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.testkit.OtlpReceiver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Marks for what is a client's, and the search for them in what operators see. Until it is closed,
 * every logger is at its most verbose and lines are kept. Thread-safe.
 */
final class LeakSearch implements AutoCloseable {
  /** What an answer is asked to be, so that it is a mark itself. */
  static final String ANSWER_FORM = "zq[a-z]{22}";

  private static final Pattern MARK = Pattern.compile("mk[g-z]{14}");
  private static final Pattern ANSWER = Pattern.compile(ANSWER_FORM);

  private final PrintStream before = System.err;
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final Map<String, String> marks = new ConcurrentHashMap<>();
  private final Set<String> answers = ConcurrentHashMap.newKeySet();
  private final Set<String> beginnings = ConcurrentHashMap.newKeySet();
  private final Map<String, String> leaks = new ConcurrentHashMap<>();

  /**
   * Begins to keep lines.
   *
   * @param dir for its file of levels
   */
  LeakSearch(Path dir) throws IOException {
    System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
    LogSetup.apply(true, Level.ALL);
    Path levels = Files.writeString(dir.resolve("levels"), "root=trace\nai.djl=trace\n");
    LogLevels unusedLevels = LogLevels.of(levels, Level.ALL);
  }

  /** Marks of one request, which its own error body may have or may not. */
  final class Marks {
    final Random random;
    final Set<String> own = ConcurrentHashMap.newKeySet();

    Marks(long seed) {
      random = new Random(seed);
    }

    /** One more, for what it is put into. */
    String in(String what) {
      StringBuilder mark = new StringBuilder("mk");
      for (int i = 0; i < 14; i++) {
        mark.append((char) ('g' + random.nextInt(20)));
      }
      String text = mark.toString();
      marks.put(text, what);
      if (!what.equals("key")) {
        own.add(text);
      }
      return text;
    }
  }

  Marks marks(long seed) {
    return new Marks(seed);
  }

  /** Remembers the answers in a text. */
  void remember(String text) {
    Matcher matcher = ANSWER.matcher(text);
    while (matcher.find()) {
      answers.add(matcher.group());
    }
  }

  /** Remembers an answer that was broken off. */
  void rememberBeginning(String answer) {
    if (answer.length() < 8) {
      throw new IllegalArgumentException("too short to be found by chance: " + answer);
    }
    beginnings.add(answer);
  }

  int answers() {
    return answers.size();
  }

  int size() {
    return marks.size();
  }

  /** A mark that was put into something. */
  String any() {
    return marks.keySet().iterator().next();
  }

  /** Looks for everything but what is allowed. */
  void search(String where, String text, Set<String> allowed) {
    for (Pattern pattern : List.of(MARK, ANSWER)) {
      Matcher matcher = pattern.matcher(text);
      while (matcher.find()) {
        String found = matcher.group();
        String what = answers.contains(found) ? "an answer" : marks.get(found);
        if (what != null && !allowed.contains(found)) {
          leaked(where + " has " + what, text, matcher.start());
        }
      }
    }
    for (String beginning : beginnings) {
      int at = text.indexOf(beginning);
      if (at >= 0) {
        leaked(where + " has an answer's beginning", text, at);
      }
    }
  }

  private void leaked(String what, String text, int at) {
    leaks.putIfAbsent(
        what, text.substring(Math.max(0, at - 150), Math.min(text.length(), at + 60)));
  }

  /** Looks at what a collector of spans got. */
  void search(OtlpReceiver receiver) {
    for (byte[] body : receiver.bodies()) {
      search("a span", new String(body, StandardCharsets.ISO_8859_1), Set.of());
    }
  }

  /** What was found so far: where and what, with the text around it. */
  Map<String, String> leaks() {
    return new TreeMap<>(leaks);
  }

  /** The lines so far. */
  String lines() {
    return lines.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    System.setErr(before);
    LogSetup.apply(false, Level.INFO);
  }
}
