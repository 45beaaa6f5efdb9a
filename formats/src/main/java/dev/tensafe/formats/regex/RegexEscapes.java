package dev.tensafe.formats.regex;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads characters, escapes and sets of characters. */
final class RegexEscapes {
  private static final int MAX_ASCII = 127;
  private static final int MAX_OCTAL = 0377;

  private final RegexSource source;

  RegexEscapes(RegexSource source) {
    this.source = source;
  }

  RegexNode literal(int c, RegexFlags flags) {
    return new RegexNode.One(cased(range(c, c, flags), flags));
  }

  private CharTest range(int low, int high, RegexFlags flags) {
    if (flags.ignoreCase() && high > MAX_ASCII) {
      throw source.unsupported(
          "a character beyond ASCII under the flag i", Character.toString(high));
    }
    return CharTest.range(low, high);
  }

  private static CharTest cased(CharTest test, RegexFlags flags) {
    return flags.ignoreCase() ? CharTest.anyCase(test) : test;
  }

  /** Reads what follows a backslash outside of sets. */
  RegexNode item(RegexFlags flags) {
    int start = source.position() - 1;
    int c = letter(start);
    @Nullable Place place =
        switch (c) {
          case 'A' -> Place.START;
          case 'Z' -> Place.VERY_END;
          case 'b' -> Place.WORD_EDGE;
          case 'B' -> Place.NO_WORD_EDGE;
          default -> null;
        };
    if (place != null) {
      return new RegexNode.At(place);
    }
    @Nullable CharTest category = category(c);
    if (category != null) {
      return new RegexNode.One(category);
    }
    if (c >= '1' && c <= '9') {
      return literal(octalOrReference(c - '0', start), flags);
    }
    return literal(character(c, start), flags);
  }

  /** Three octal digits are a character; anything else is a reference. */
  private int octalOrReference(int first, int start) {
    int here = source.position();
    int value = first;
    int count = 1;
    while (count < 3 && !source.atEnd() && RegexSource.isDigit(source.peek(), 8)) {
      value = value * 8 + source.next() - '0';
      count++;
    }
    if (first > 7 || count < 3) {
      source.back(here);
      if (!source.atEnd() && RegexSource.isDigit(source.peek(), 10)) {
        source.next();
      }
      throw source.unsupported("a reference to a group", source.since(start));
    }
    return octal(value, start);
  }

  private int octal(int value, int start) {
    if (value > MAX_OCTAL) {
      throw source.malformed("the octal escape '" + source.since(start) + "'");
    }
    return value;
  }

  private int letter(int start) {
    if (source.atEnd()) {
      throw source.malformed("a '" + source.since(start) + "' at its end");
    }
    return source.next();
  }

  private static @Nullable CharTest category(int c) {
    return switch (c) {
      case 'd' -> CharTest.DIGIT;
      case 'D' -> CharTest.not(CharTest.DIGIT);
      case 's' -> CharTest.SPACE;
      case 'S' -> CharTest.not(CharTest.SPACE);
      case 'w' -> CharTest.WORD;
      case 'W' -> CharTest.not(CharTest.WORD);
      default -> null;
    };
  }

  /** The character that an escape stands for which begins with {@code c}. */
  private int character(int c, int start) {
    return switch (c) {
      case 'a' -> 7;
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 11;
      case 'x' -> source.digits(2, 2, 16, start);
      case 'u' -> source.digits(4, 4, 16, start);
      case 'U' -> codePoint(source.digits(8, 8, 16, start), start);
      case '0' -> source.digits(0, 2, 8, start);
      case 'N' -> throw source.unsupported("a character by its name", source.since(start));
      case 'z' -> throw source.unsupported("'\\z', which Python has since 3.14", "");
      default -> {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
          throw source.malformed("the unknown escape '" + source.since(start) + "'");
        }
        yield c;
      }
    };
  }

  private int codePoint(int value, int start) {
    if (value > Character.MAX_CODE_POINT) {
      throw source.malformed("the escape '" + source.since(start) + "'");
    }
    return value;
  }

  /** Reads a set from after its opening bracket. */
  RegexNode set(RegexFlags flags) {
    int start = source.position() - 1;
    boolean negated = source.accept('^');
    List<CharTest> tests = new ArrayList<>();
    while (true) {
      int from = source.position();
      @Nullable Member member = member(start, tests.isEmpty());
      if (member == null) {
        break;
      }
      if (!source.accept('-')) {
        tests.add(member.test(this, flags));
        continue;
      }
      @Nullable Member last = member(start, false);
      if (last == null) {
        tests.add(member.test(this, flags));
        tests.add(range('-', '-', flags));
        break;
      }
      if (member.category() != null || last.category() != null || last.c() < member.c()) {
        throw source.malformed("the range '" + source.since(from) + "'");
      }
      tests.add(range(member.c(), last.c(), flags));
    }
    CharTest any = cased(CharTest.anyOf(tests), flags);
    return new RegexNode.One(CharTest.table(negated ? CharTest.not(any) : any));
  }

  /** A character or a category of a set; null at the set's end. */
  private @Nullable Member member(int start, boolean first) {
    if (source.atEnd()) {
      throw source.malformed("no ']' for '" + source.since(start) + "'");
    }
    int from = source.position();
    int c = source.next();
    if (c == ']' && !first) {
      return null;
    }
    if (c != '\\') {
      return new Member(c, null);
    }
    c = letter(from);
    @Nullable CharTest category = category(c);
    if (category != null) {
      return new Member(0, category);
    }
    if (c == 'b') {
      return new Member('\b', null);
    }
    if (c >= '0' && c <= '7') {
      source.back(source.position() - 1);
      return new Member(octal(source.digits(1, 3, 8, from), from), null);
    }
    if (c == '8' || c == '9') {
      throw source.malformed("the unknown escape '" + source.since(from) + "'");
    }
    return new Member(character(c, from), null);
  }

  private record Member(int c, @Nullable CharTest category) {
    CharTest test(RegexEscapes escapes, RegexFlags flags) {
      return category != null ? category : escapes.range(c, c, flags);
    }
  }
}
