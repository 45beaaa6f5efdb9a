package dev.tensafe.model.template;

import dev.tensafe.model.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens, with the whitespace rules of Hugging Face's environment: {@code
 * trim_blocks} (a newline after a block or comment goes), {@code lstrip_blocks} (blanks between
 * line start and a block or comment go), {@code -} strips all whitespace on its side, {@code +}
 * turns the rule off; one newline at the end of the template goes.
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",",
          ":", "|", "(", ")", "[", "]", "{", "}");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokenize(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    if (text.endsWith("\n")) {
      text = text.substring(0, text.length() - 1);
    }
    Lexer lexer = new Lexer(text);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    boolean strip = false;
    while (at < source.length()) {
      int open = nextTag();
      String text = source.substring(at, open < 0 ? source.length() : open);
      int textLine = line;
      skipTo(open < 0 ? source.length() : open);
      String kept = strip ? text.stripLeading() : text;
      if (open < 0) {
        text(kept, textLine);
        break;
      }
      char kind = source.charAt(open + 1);
      char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
      if (sign == '-') {
        kept = kept.stripTrailing();
      } else if (sign != '+' && kind != '{') {
        kept = withoutIndent(kept, text, open);
      }
      text(kept, textLine);
      at = open + (sign == '-' || sign == '+' ? 3 : 2);
      strip =
          switch (kind) {
            case '#' -> comment();
            case '{' -> expression(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, "}}");
            default -> block();
          };
    }
    add(Kind.END, "");
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      char next = i + 1 < source.length() ? source.charAt(i + 1) : ' ';
      if (next == '{' || next == '%' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  /** Drops blanks before a tag if nothing else stands between them and the start of the line. */
  private String withoutIndent(String kept, String original, int open) {
    int end = kept.length();
    while (end > 0 && (kept.charAt(end - 1) == ' ' || kept.charAt(end - 1) == '\t')) {
      end--;
    }
    if (end > 0) {
      return kept.charAt(end - 1) == '\n' ? kept.substring(0, end) : kept;
    }
    // only blanks since the last tag: they go if the line itself starts there
    int start = open - original.length();
    boolean lineStart = start == 0 || source.charAt(start - 1) == '\n';
    return lineStart ? "" : kept;
  }

  private void text(String text, int textLine) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Kind.TEXT, text, textLine));
    }
  }

  private boolean comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw TemplateException.syntax(line, "a comment is not closed");
    }
    char sign = end > at ? source.charAt(end - 1) : ' ';
    skipTo(end + 2);
    return afterTag(sign);
  }

  /** Handles what follows a block or comment; true when the next text loses leading whitespace. */
  private boolean afterTag(char sign) {
    if (sign != '-' && sign != '+' && at < source.length() && source.charAt(at) == '\n') {
      skipTo(at + 1);
    }
    return sign == '-';
  }

  private boolean block() {
    int save = at;
    skipBlanks();
    if (source.startsWith("raw", at) && source.substring(at + 3).matches("(?s)\\s*[-+]?%\\}.*")) {
      return raw();
    }
    at = save;
    return expression(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
  }

  private boolean raw() {
    int end = source.indexOf("%}", at);
    char sign = source.charAt(end - 1);
    skipTo(end + 2);
    boolean strip = afterTag(sign);
    var close = java.util.regex.Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}");
    var matcher = close.matcher(source);
    if (!matcher.find(at)) {
      throw TemplateException.syntax(line, "a raw block is not closed");
    }
    String body = source.substring(at, matcher.start());
    String kept = strip ? body.stripLeading() : body;
    kept =
        matcher.group(1).equals("-")
            ? kept.stripTrailing()
            : matcher.group(1).isEmpty() ? withoutIndent(kept, body, matcher.start()) : kept;
    text(kept, line);
    skipTo(matcher.end());
    return afterTag(matcher.group(2).isEmpty() ? ' ' : matcher.group(2).charAt(0));
  }

  private boolean expression(Kind begin, Kind end, String close) {
    add(begin, "");
    int depth = 0;
    while (true) {
      skipBlanks();
      if (at >= source.length()) {
        throw TemplateException.syntax(line, "a tag is not closed with " + close);
      }
      if (depth == 0) {
        char sign = source.charAt(at);
        if (source.startsWith(close, at)) {
          add(end, "");
          skipTo(at + 2);
          return end == Kind.BLOCK_END && afterTag(' ');
        }
        if ((sign == '-' || sign == '+') && source.startsWith(close, at + 1)) {
          add(end, "");
          skipTo(at + 3);
          return end == Kind.BLOCK_END ? afterTag(sign) : sign == '-';
        }
      }
      String operator = token();
      if ("([{".contains(operator)) {
        depth += operator.isEmpty() ? 0 : 1;
      } else if (")]}".contains(operator)) {
        depth = Math.max(0, depth - 1);
      }
    }
  }

  /** Reads one token; returns it if it is an operator, otherwise the empty string. */
  private String token() {
    char c = source.charAt(at);
    if (c == '\'' || c == '"') {
      string(c);
    } else if (c >= '0' && c <= '9') {
      number();
    } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
      int end = at + 1;
      while (end < source.length() && Character.isUnicodeIdentifierPart(source.charAt(end))) {
        end++;
      }
      add(Kind.NAME, source.substring(at, end));
      at = end;
    } else {
      for (String operator : OPERATORS) {
        if (source.startsWith(operator, at)) {
          add(Kind.OPERATOR, operator);
          at += operator.length();
          return operator;
        }
      }
      throw TemplateException.syntax(line, "unexpected character '" + c + "'");
    }
    return "";
  }

  private void number() {
    int end = at;
    boolean fraction = false;
    while (end < source.length()) {
      char c = source.charAt(end);
      boolean digit = (c >= '0' && c <= '9') || c == '_';
      boolean point =
          c == '.'
              && !fraction
              && end + 1 < source.length()
              && Character.isDigit(source.charAt(end + 1));
      // matrix.0.1 is two subscripts, not the number 0.1
      boolean afterDot = !tokens.isEmpty() && tokens.get(tokens.size() - 1).isOperator(".");
      if (!digit && !(point && !afterDot)) {
        break;
      }
      fraction |= point;
      end++;
    }
    String digits = source.substring(at, end).replace("_", "");
    add(fraction ? Kind.FLOAT : Kind.INTEGER, digits);
    at = end;
  }

  private void string(char quote) {
    StringBuilder out = new StringBuilder();
    int start = line;
    int i = at + 1;
    while (true) {
      if (i >= source.length()) {
        throw TemplateException.syntax(start, "a string is not closed");
      }
      char c = source.charAt(i);
      if (c == quote) {
        break;
      }
      if (c == '\\' && i + 1 < source.length()) {
        i = escape(i + 1, out);
      } else {
        out.append(c);
        i++;
      }
    }
    skipTo(i + 1);
    tokens.add(new Token(Kind.STRING, out.toString(), start));
  }

  /** Appends the escape whose letter is at {@code i}; returns the index after it. */
  private int escape(int i, StringBuilder out) {
    char c = source.charAt(i);
    switch (c) {
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case '0' -> out.append('\0');
      case '\n' -> {}
      case '\\', '\'', '"' -> out.append(c);
      case 'x', 'u', 'U' -> {
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        if (i + digits >= source.length()) {
          throw TemplateException.syntax(line, "a \\" + c + " escape is cut short");
        }
        try {
          out.appendCodePoint(Integer.parseInt(source.substring(i + 1, i + 1 + digits), 16));
        } catch (IllegalArgumentException e) {
          throw TemplateException.syntax(line, "a \\" + c + " escape is not a character");
        }
        return i + 1 + digits;
      }
      default -> out.append('\\').append(c);
    }
    return i + 1;
  }

  private void skipBlanks() {
    int end = at;
    while (end < source.length() && Character.isWhitespace(source.charAt(end))) {
      end++;
    }
    skipTo(end);
  }

  private void skipTo(int target) {
    for (int i = at; i < target; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
    at = target;
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line));
  }
}
