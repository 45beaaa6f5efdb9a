package dev.tensafe.grammar.schema;

import com.networknt.schema.regex.RegularExpression;
import java.util.regex.Pattern;

/**
 * A pattern with Java's engine and the meaning of ECMA-262 where the two differ: white space is
 * every one of Unicode (section 12.2, 12.3), a point is all but the four ends of lines, the end is
 * the end.
 */
final class EcmaPattern implements RegularExpression {
  private static final String SPACES =
      "\\x09-\\x0d\\x20\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";

  private final Pattern pattern;

  EcmaPattern(String source) {
    this.pattern = Pattern.compile(translated(source));
  }

  @Override
  public boolean matches(String value) {
    return pattern.matcher(value).find();
  }

  private static String translated(String source) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\\' && i + 1 < source.length()) {
        char of = source.charAt(++i);
        if (of == 's') {
          out.append(inside ? SPACES : "[" + SPACES + "]");
        } else if (of == 'S') {
          out.append("[^" + SPACES + "]");
        } else {
          out.append(c).append(of);
        }
        continue;
      }
      if (inside && c == '[') {
        out.append('\\'); // ECMA-262 has no class in a class
      } else if (!inside && (c == '.' || c == '$')) {
        out.append(c == '.' ? "[^\\n\\r\\u2028\\u2029]" : "\\z");
        continue;
      }
      inside = c == '[' || (inside && c != ']');
      out.append(c);
    }
    return out.toString();
  }
}
