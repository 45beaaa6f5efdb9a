package dev.tensafe.grammar.text;

import static java.util.Map.entry;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.CodePoints;
import dev.tensafe.grammar.regex.Dialect;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.util.Map;

/** The texts of terminals in Lark: strings, ranges, patterns, and those of its library. */
final class LarkTexts {
  private static final String EXPONENT = "[eE][+-]?[0-9]+";
  private static final String DECIMAL = "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)";
  private static final String FLOAT =
      "(?:[0-9]+" + EXPONENT + "|" + DECIMAL + "(?:" + EXPONENT + ")?)";

  /** Lark's {@code common.lark}; texts in quotation marks and comments end where they first can. */
  private static final Map<String, String> COMMON =
      Map.ofEntries(
          entry("DIGIT", "[0-9]"),
          entry("HEXDIGIT", "[0-9a-fA-F]"),
          entry("INT", "[0-9]+"),
          entry("SIGNED_INT", "[+-]?[0-9]+"),
          entry("DECIMAL", DECIMAL),
          entry("FLOAT", FLOAT),
          entry("SIGNED_FLOAT", "[+-]?" + FLOAT),
          entry("NUMBER", "(?:" + FLOAT + "|[0-9]+)"),
          entry("SIGNED_NUMBER", "[+-]?(?:" + FLOAT + "|[0-9]+)"),
          entry("ESCAPED_STRING", "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\""),
          entry("LCASE_LETTER", "[a-z]"),
          entry("UCASE_LETTER", "[A-Z]"),
          entry("LETTER", "[a-zA-Z]"),
          entry("WORD", "[a-zA-Z]+"),
          entry("CNAME", "[_a-zA-Z][_a-zA-Z0-9]*"),
          entry("WS_INLINE", "[ \\t]+"),
          entry("WS", "[ \\t\\f\\r\\n]+"),
          entry("CR", "\\r"),
          entry("LF", "\\n"),
          entry("NEWLINE", "(?:\\r?\\n)+"),
          entry("SH_COMMENT", "#[^\\n]*"),
          entry("CPP_COMMENT", "//[^\\n]*"),
          entry("C_COMMENT", "/\\*(?:[^*]|\\*+[^*/])*\\*+/"),
          entry("SQL_COMMENT", "--[^\\n]*"));

  private final RuleScanner in;
  private final Regexes regexes;

  LarkTexts(RuleScanner in, Regexes regexes) {
    this.in = in;
    this.regexes = regexes;
  }

  /** A terminal of the library. */
  RulePart common(String name) {
    String pattern = COMMON.get(name);
    if (pattern == null) {
      throw in.unsupported("common." + name);
    }
    return new RulePart.Regular(Pattern.whole(regexes, Encoding.UTF_8, Dialect.RE2, pattern, ""));
  }

  /** A string, a range of characters, or a pattern. */
  int read() {
    if (in.peek() == '/') {
      return pattern();
    }
    int[] text = string();
    if (in.looksAt("..")) {
      in.next();
      in.next();
      int[] last = string();
      if (text.length != 1 || last.length != 1 || last[0] < text[0]) {
        throw in.invalid("a range goes from one character to one that is not before it");
      }
      return Encoding.UTF_8.character(regexes, CodePoints.of(text[0], last[0]));
    }
    boolean fold = in.peek() == 'i';
    if (fold) {
      in.next();
    }
    int[] all = new int[text.length];
    for (int i = 0; i < all.length; i++) {
      CodePoints one = CodePoints.of(text[i]);
      if (fold && text[i] >= 128 && Character.isLetter(text[i])) {
        throw in.unsupported("letters beyond ASCII without their case");
      }
      all[i] = Encoding.UTF_8.character(regexes, fold ? one.foldAscii() : one);
    }
    return regexes.sequence(all);
  }

  private int[] string() {
    if (in.peek() != '"') {
      throw in.invalid("expected a rule, a terminal or a text in quotation marks");
    }
    in.next();
    StringBuilder text = new StringBuilder();
    while (in.peek() != '"') {
      if (in.peek() == '\n') {
        throw in.invalid("a text without its second quotation mark");
      }
      int c = in.next();
      text.appendCodePoint(c == '\\' ? escape() : c);
    }
    in.next();
    return text.codePoints().toArray();
  }

  private int escape() {
    int c = in.next();
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'f' -> '\f';
      case 'v' -> 0x0b;
      case 'x' -> in.hex(2);
      case 'u' -> in.hex(4);
      case 'U' -> in.hex(8);
      case '\\', '"', '\'', '/' -> c;
      default -> throw in.invalid("no such escape");
    };
  }

  private int pattern() {
    String where = in.where();
    in.next();
    StringBuilder text = new StringBuilder();
    boolean inBrackets = false;
    while (in.peek() != '/' || inBrackets) {
      int c = in.next();
      if (c == '\n') {
        throw in.invalid("a pattern without its second /");
      }
      inBrackets = (inBrackets || c == '[') && c != ']';
      if (c == '\\' && in.peek() == '/') {
        c = in.next(); // a slash needs its backslash here only
      } else if (c == '\\') {
        text.appendCodePoint(c);
        c = in.next();
      }
      text.appendCodePoint(c);
    }
    in.next();
    StringBuilder flags = new StringBuilder();
    while (in.peek() >= 'a' && in.peek() <= 'z') {
      int flag = in.next();
      if (flag != 'i' && flag != 's' && flag != 'u') {
        throw in.unsupported("the flag " + (char) flag + " of a pattern");
      }
      if (flag != 'u') {
        flags.appendCodePoint(flag);
      }
    }
    String all = flags.isEmpty() ? text.toString() : "(?" + flags + ":" + text + ")";
    try {
      return Pattern.whole(regexes, Encoding.UTF_8, Dialect.RE2, all, where);
    } catch (GrammarException e) {
      throw new GrammarException(e.code(), where, "at " + where + ": " + e.getMessage());
    }
  }
}
