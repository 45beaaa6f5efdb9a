package dev.tensafe.papers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One Markdown document, line by line, with the lines inside fences and indented blocks marked.
 * Immutable.
 */
record Markdown(Path file, List<Line> lines) {
  /**
   * @param number from 1
   * @param code whether it lies in a fenced or indented block
   */
  record Line(int number, String text, boolean code) {
    boolean table() {
      return !code && text.startsWith("|");
    }
  }

  /** A code span, link target or the like, with the line it is on. */
  record Found(int line, String text) {}

  private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^()\\s]+)\\)");

  static Markdown parse(Path file, String content) {
    List<Line> lines = new ArrayList<>();
    boolean fenced = false;
    boolean afterBlank = true;
    boolean indented = false;
    boolean inList = false;
    int number = 0;
    for (String text : content.split("\n", -1)) {
      number++;
      boolean fence = text.strip().startsWith("```");
      boolean deep = text.startsWith("    ");
      if (text.matches("\\s*([-*]|[0-9]+\\.) .*")) {
        inList = true;
      } else if (!text.isBlank() && !text.startsWith(" ")) {
        inList = false;
      }
      indented = deep && !inList && (indented || afterBlank);
      lines.add(new Line(number, text, fence || fenced || indented));
      if (fence) {
        fenced = !fenced;
      }
      afterBlank = text.isBlank() || indented;
    }
    return new Markdown(file, List.copyOf(lines));
  }

  static Markdown read(Path file) {
    return parse(file, Repository.text(file));
  }

  /** Code spans within running text and tables. A span may not go over a line's end. */
  List<Found> spans() {
    return find(SPAN, UnaryOperator.identity());
  }

  /** Targets of links. */
  List<Found> links() {
    return find(LINK, Markdown::withoutSpans);
  }

  /** What the pattern's first group finds in running text, outside spans and links. */
  List<Found> words(Pattern pattern) {
    return find(pattern, text -> LINK.matcher(withoutSpans(text)).replaceAll("]"));
  }

  private List<Found> find(Pattern pattern, UnaryOperator<String> prepared) {
    List<Found> found = new ArrayList<>();
    for (Line line : lines) {
      if (!line.code()) {
        Matcher matcher = pattern.matcher(prepared.apply(line.text()));
        while (matcher.find()) {
          found.add(new Found(line.number(), matcher.group(1)));
        }
      }
    }
    return found;
  }

  private static String withoutSpans(String text) {
    return SPAN.matcher(text).replaceAll("x");
  }

  /** The fragments that lead to this document's headings, as GitHub makes them. */
  List<String> anchors() {
    return lines.stream()
        .filter(line -> !line.code() && line.text().matches("#{1,6} .*"))
        .map(line -> line.text().replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .toList();
  }
}
