package dev.tensafe.model.template;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Times as {@code datetime.now().strftime(…)} of Python writes them with glibc in the C locale: its
 * fields, flags ({@code _ - 0 ^ #}), widths and modifiers. The time has no zone, so {@code %z} and
 * {@code %Z} are empty; what glibc does not know stays as it is. For one use.
 */
final class StrfTime {
  private static final int MAX_WIDTH = 1000;

  private final String format;
  private final LocalDateTime time;
  private final ZoneId zone;
  private final StringBuilder out = new StringBuilder();
  private int position;

  private StrfTime(String format, LocalDateTime time, ZoneId zone) {
    this.format = format;
    this.time = time;
    this.zone = zone;
  }

  /**
   * Writes a time.
   *
   * @param zone of the time, for the seconds of {@code %s}
   * @throws TemplateException {@code template.limit} for a width above 1000
   */
  static String format(String format, LocalDateTime time, ZoneId zone) {
    return new StrfTime(format, time, zone).run();
  }

  private String run() {
    while (position < format.length()) {
      char c = format.charAt(position++);
      if (c == '%') {
        field(position - 1);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** How a field is written. */
  private record Style(char pad, boolean upper, boolean swap, int width) {
    String number(long value, int digits, char ownPad) {
      char with = pad == 0 ? ownPad : pad;
      String text = Long.toString(value);
      String filled = with == '-' ? text : fill(text, with == '_' ? ' ' : '0', digits);
      return fill(filled, with == '0' ? '0' : ' ', width);
    }

    String text(String text) {
      return fill(upper ? text.toUpperCase(Locale.ROOT) : text, pad == '0' ? '0' : ' ', width);
    }

    /** Of names the flag # makes capitals. */
    String name(String text) {
      return text(swap ? text.toUpperCase(Locale.ROOT) : text);
    }

    private static String fill(String text, char with, int width) {
      return Character.toString(with).repeat(Math.max(0, width - text.length())) + text;
    }
  }

  private void field(int start) {
    char pad = 0;
    boolean upper = false;
    boolean swap = false;
    while (position < format.length() && "_-0^#".indexOf(format.charAt(position)) >= 0) {
      char flag = format.charAt(position++);
      upper |= flag == '^';
      swap |= flag == '#';
      pad = flag == '^' || flag == '#' ? pad : flag;
    }
    int width = 0;
    while (position < format.length() && isDigit(format.charAt(position))) {
      width = width * 10 + format.charAt(position++) - '0';
      if (width > MAX_WIDTH) {
        throw new TemplateException(
            "template.limit", "a width of strftime_now is above " + MAX_WIDTH);
      }
    }
    if (position < format.length() && "EO".indexOf(format.charAt(position)) >= 0) {
      position++;
    }
    boolean plain = position == start + 1;
    Style style = new Style(pad, upper, swap, width);
    @Nullable String text =
        position == format.length() ? null : value(format.charAt(position++), style, plain);
    out.append(text == null ? style.text(format.substring(start, position)) : text);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private @Nullable String value(char field, Style style, boolean plain) {
    return switch (field) {
      case 'a', 'A', 'b', 'B', 'h' -> style.name(name(field));
      case 'p' -> style.swap() ? style.text(half()) : style.text(half().toUpperCase(Locale.ROOT));
      case 'P' -> new Style(style.pad(), false, false, style.width()).text(half());
      case 'c' -> part("%a %b %e %H:%M:%S %Y", style);
      case 'D', 'x' -> part("%m/%d/%y", style);
      case 'F' -> part("%Y-%m-%d", style);
      case 'r' -> part("%I:%M:%S %p", style);
      case 'R' -> part("%H:%M", style);
      case 'T', 'X' -> part("%H:%M:%S", style);
      case 'n' -> style.text("\n");
      case 't' -> style.text("\t");
      case '%' -> style.text("%");
      case 'z' -> "";
      case 'Z' -> style.text("");
      // Python's own, and only without flags
      case 'f' ->
          plain ? String.format(Locale.ROOT, "%06d", time.get(ChronoField.MICRO_OF_SECOND)) : null;
      default -> number(field, style);
    };
  }

  private String part(String format, Style style) {
    return style.text(format(format, time, zone));
  }

  private String half() {
    return time.getHour() < 12 ? "am" : "pm";
  }

  private String name(char field) {
    return switch (field) {
      case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.US);
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.US);
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.US);
      default -> time.getMonth().getDisplayName(TextStyle.SHORT, Locale.US);
    };
  }

  private @Nullable String number(char field, Style style) {
    int year = time.getYear();
    int hour12 = time.get(ChronoField.CLOCK_HOUR_OF_AMPM);
    int day = time.getDayOfWeek().getValue();
    int weekYear = time.get(IsoFields.WEEK_BASED_YEAR);
    return switch (field) {
      case 'C' -> style.number(year / 100, 2, '0');
      case 'd' -> style.number(time.getDayOfMonth(), 2, '0');
      case 'e' -> style.number(time.getDayOfMonth(), 2, '_');
      case 'G' -> style.number(weekYear, 1, '0');
      case 'g' -> style.number(weekYear % 100, 2, '0');
      case 'H' -> style.number(time.getHour(), 2, '0');
      case 'I' -> style.number(hour12, 2, '0');
      case 'j' -> style.number(time.getDayOfYear(), 3, '0');
      case 'k' -> style.number(time.getHour(), 2, '_');
      case 'l' -> style.number(hour12, 2, '_');
      case 'M' -> style.number(time.getMinute(), 2, '0');
      case 'm' -> style.number(time.getMonthValue(), 2, '0');
      case 'S' -> style.number(time.getSecond(), 2, '0');
      case 's' -> style.number(time.atZone(zone).toEpochSecond(), 1, '0');
      case 'U' -> style.number((time.getDayOfYear() + 6 - day % 7) / 7, 2, '0');
      case 'u' -> style.number(day, 1, '0');
      case 'V' -> style.number(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, '0');
      case 'W' -> style.number((time.getDayOfYear() + 7 - day) / 7, 2, '0');
      case 'w' -> style.number(day % 7, 1, '0');
      case 'Y' -> style.number(year, 1, '0');
      case 'y' -> style.number(year % 100, 2, '0');
      default -> null;
    };
  }
}
