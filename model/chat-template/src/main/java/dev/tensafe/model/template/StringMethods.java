package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Methods of {@code str}. */
final class StringMethods {
  private StringMethods() {}

  static @Nullable Callable of(String text, String name) {
    return switch (name) {
      case "strip" -> (f, a) -> strip(text, chars(a), true, true);
      case "lstrip" -> (f, a) -> strip(text, chars(a), true, false);
      case "rstrip" -> (f, a) -> strip(text, chars(a), false, true);
      case "lower" -> (f, a) -> text.toLowerCase(Locale.ROOT);
      case "upper" -> (f, a) -> text.toUpperCase(Locale.ROOT);
      case "title" -> (f, a) -> title(text);
      case "capitalize" -> (f, a) -> capitalize(text);
      case "startswith" -> (f, a) -> affix(a.required(0, "prefix"), text::startsWith);
      case "endswith" -> (f, a) -> affix(a.required(0, "suffix"), text::endsWith);
      case "removeprefix" ->
          (f, a) ->
              text.startsWith(a.text(0, "prefix"))
                  ? text.substring(a.text(0, "prefix").length())
                  : text;
      case "removesuffix" ->
          (f, a) ->
              text.endsWith(a.text(0, "suffix"))
                  ? text.substring(0, text.length() - a.text(0, "suffix").length())
                  : text;
      case "split" -> (f, a) -> split(text, a, f.budget());
      case "rsplit" -> (f, a) -> rsplit(text, a, f.budget());
      case "splitlines" -> (f, a) -> splitLines(text, a.flag(0, "keepends", false));
      case "partition" -> (f, a) -> partition(text, a.text(0, "sep"), false);
      case "rpartition" -> (f, a) -> partition(text, a.text(0, "sep"), true);
      case "replace" ->
          (f, a) -> {
            a.check("replace", 3, Set.of());
            return replace(
                text, a.text(0, "old"), a.text(1, "new"), a.integer(2, "", -1), f.budget());
          };
      case "join" -> (f, a) -> joinAll(text, a, f.budget());
      case "find" -> (f, a) -> codePoint(text, text.indexOf(a.text(0, "sub")));
      case "rfind" -> (f, a) -> codePoint(text, text.lastIndexOf(a.text(0, "sub")));
      case "index" ->
          (f, a) -> {
            int at = text.indexOf(a.text(0, "sub"));
            if (at < 0) {
              throw TemplateException.error("substring not found");
            }
            return codePoint(text, at);
          };
      case "count" -> (f, a) -> count(text, a.text(0, "sub"), f.budget());
      case "isdigit", "isnumeric", "isdecimal" -> (f, a) -> all(text, Character::isDigit);
      case "isalpha" -> (f, a) -> all(text, Character::isLetter);
      case "isalnum" -> (f, a) -> all(text, Character::isLetterOrDigit);
      case "isspace" -> (f, a) -> all(text, StringMethods::isSpace);
      case "isupper" -> (f, a) -> isUpper(text);
      case "islower" -> (f, a) -> isLower(text);
      case "format", "format_map", "encode", "translate", "zfill", "center", "ljust", "rjust" ->
          (f, a) -> {
            throw TemplateException.unsupported("the string method ." + name + "()");
          };
      default -> null;
    };
  }

  private static @Nullable String chars(Arguments a) {
    return a.get(0, "chars", null) instanceof String chars ? chars : null;
  }

  static boolean isSpace(int c) {
    return Character.isWhitespace(c) || c == 0xa0 || c == 0x85 || c == 0x2007 || c == 0x202f;
  }

  static String strip(String text, @Nullable String chars, boolean left, boolean right) {
    IntPredicate drop = chars == null ? StringMethods::isSpace : c -> chars.indexOf(c) >= 0;
    int start = 0;
    int end = text.length();
    while (left && start < end && drop.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (right && end > start && drop.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }

  /** A capital after every non-letter, as {@code str.title}. */
  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (int c : text.codePoints().toArray()) {
      out.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inside = Character.isLetter(c);
    }
    return out.toString();
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    return text.substring(0, first).toUpperCase(Locale.ROOT)
        + text.substring(first).toLowerCase(Locale.ROOT);
  }

  private static boolean affix(
      @Nullable Object wanted, java.util.function.Predicate<String> matches) {
    if (wanted instanceof String text) {
      return matches.test(text);
    }
    if (wanted instanceof Tuple tuple) {
      return tuple.stream().anyMatch(item -> item instanceof String text && matches.test(text));
    }
    throw TemplateException.error("startswith and endswith need a string or a tuple of strings");
  }

  private static List<@Nullable Object> split(String text, Arguments a, Budget budget) {
    budget.bulk(text.length() * 16L);
    Object separator = a.get(0, "sep", null);
    int limit = a.integer(1, "maxsplit", -1);
    List<@Nullable Object> out = new ArrayList<>();
    if (separator instanceof String sep) {
      if (sep.isEmpty()) {
        throw TemplateException.error("empty separator");
      }
      int from = 0;
      for (int at = text.indexOf(sep);
          at >= 0 && (limit < 0 || out.size() < limit);
          at = text.indexOf(sep, from)) {
        out.add(text.substring(from, at));
        from = at + sep.length();
      }
      out.add(text.substring(from));
      return out;
    }
    int at = 0;
    while (true) {
      while (at < text.length() && isSpace(text.charAt(at))) {
        at++;
      }
      if (at == text.length()) {
        return out;
      }
      if (limit >= 0 && out.size() >= limit) {
        out.add(text.substring(at));
        return out;
      }
      int end = at;
      while (end < text.length() && !isSpace(text.charAt(end))) {
        end++;
      }
      out.add(text.substring(at, end));
      at = end;
    }
  }

  private static List<@Nullable Object> rsplit(String text, Arguments a, Budget budget) {
    int limit = a.integer(1, "maxsplit", -1);
    if (limit < 0) {
      return split(text, a, budget);
    }
    if (!(a.get(0, "sep", null) instanceof String sep) || sep.isEmpty()) {
      throw TemplateException.unsupported("rsplit without a separator");
    }
    List<@Nullable Object> out = new ArrayList<>();
    String rest = text;
    for (int at = rest.lastIndexOf(sep);
        at >= 0 && out.size() < limit;
        at = rest.lastIndexOf(sep)) {
      out.add(0, rest.substring(at + sep.length()));
      rest = rest.substring(0, at);
    }
    out.add(0, rest);
    return out;
  }

  private static List<@Nullable Object> splitLines(String text, boolean keepEnds) {
    List<@Nullable Object> out = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        int end = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
        out.add(text.substring(from, keepEnds ? end : i));
        from = end;
        i = end - 1;
      }
    }
    if (from < text.length()) {
      out.add(text.substring(from));
    }
    return out;
  }

  private static Tuple partition(String text, String separator, boolean last) {
    int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return last ? Tuple.of("", "", text) : Tuple.of(text, "", "");
    }
    return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
  }

  static String replace(String text, String old, String with, int limit, Budget budget) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    int done = 0;
    while (limit < 0 || done < limit) {
      int at = text.indexOf(old, from + (old.isEmpty() && done > 0 ? 1 : 0));
      if (at < 0) {
        break;
      }
      out.append(text, from, at).append(with);
      budget.bulk(out.length() / 16);
      from = at + old.length();
      done++;
    }
    return out.append(text, from, text.length()).toString();
  }

  private static String joinAll(String separator, Arguments a, Budget budget) {
    StringBuilder out = new StringBuilder();
    String gap = "";
    for (Object item : Values.iterate(a.required(0, "iterable"))) {
      if (!(item instanceof String text)) {
        throw TemplateException.error("join needs strings, found " + Values.typeName(item));
      }
      out.append(gap).append(text);
      budget.bulk(text.length());
      gap = separator;
    }
    return out.toString();
  }

  private static Object codePoint(String text, int at) {
    return at < 0 ? -1L : (long) text.codePointCount(0, at);
  }

  private static Object count(String text, String part, Budget budget) {
    budget.bulk(text.length());
    long found = 0;
    for (int at = text.indexOf(part); at >= 0 && !part.isEmpty(); ) {
      found++;
      at = text.indexOf(part, at + part.length());
    }
    return part.isEmpty() ? text.length() + 1L : found;
  }

  private static boolean all(String text, IntPredicate test) {
    return !text.isEmpty() && text.codePoints().allMatch(test);
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints().noneMatch(Character::isLowerCase);
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints().noneMatch(Character::isUpperCase);
  }
}
