package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of {@code format} that are enforced: as their standards say or somewhat less, where a
 * standard allows what validators dispute. Others are annotations, as JSON Schema has it.
 */
final class Formats {
  private static final String DAY =
      "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
          + "|02-(?:0[1-9]|1[0-9]|2[0-8]))";
  private static final String LEAP_YEAR =
      "(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";

  /** RFC 3339, section 5.6, full-date. */
  private static final String DATE = "(?:[0-9]{4}-" + DAY + "|" + LEAP_YEAR + "-02-29)";

  /**
   * RFC 3339, full-time; without leap seconds, whose days are not a matter of form. Of T and Z the
   * capitals, as section 5.6 asks of those who write. Offsets up to 18 hours and nine digits of a
   * second, as {@code java.time} reads: no offset is beyond 14.
   */
  private static final String TIME =
      "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
          + "(?:Z|[+-](?:(?:0[0-9]|1[0-7]):[0-5][0-9]|18:00))";

  /** RFC 5321, 4.1.2: a dot-string, and a domain of names. */
  private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";

  private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  private static final String DOMAIN = LABEL + "(?:\\." + LABEL + ")*";
  private static final String EMAIL = ATOM + "(?:\\." + ATOM + ")*@" + DOMAIN;

  private static final String HEX = "[0-9A-Fa-f]";
  private static final String UUID =
      HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{12}";
  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";

  /** RFC 3986, appendix A. */
  private static final String PERCENT = "%" + HEX + HEX;

  private static final String UNRESERVED = "A-Za-z0-9._~";
  private static final String DELIMITERS = "!$&'()*+,;=-";
  private static final String PCHAR = "(?:[:@" + UNRESERVED + DELIMITERS + "]|" + PERCENT + ")";
  private static final String TAIL = "(?:\\?(?:" + PCHAR + "|[/?])*)?(?:#(?:" + PCHAR + "|[/?])*)?";

  /** RFC 1034, section 3.1: 255 octets on the wire. */
  static final int LONGEST_HOST = 253;

  /**
   * A name of up to 63 characters without hyphens at both its third and its fourth place, which
   * mark a coded one (RFC 5891, section 4.2.3.1) that has to be more than well-formed. Said by what
   * may come: whether something is left beside a contrary takes long to find out.
   */
  private static final String PLAIN_LABEL =
      "[A-Za-z0-9](?:[A-Za-z0-9]|[A-Za-z0-9-](?:[A-Za-z0-9]"
          + "|[A-Za-z0-9][A-Za-z0-9-]{0,59}[A-Za-z0-9]"
          + "|-[A-Za-z0-9](?:[A-Za-z0-9-]{0,58}[A-Za-z0-9])?))?";

  private static final Map<String, String> PATTERNS = patterns();

  private final StringTexts strings;
  private final Regexes regexes;
  private final Map<String, Integer> known = new HashMap<>();

  Formats(StringTexts strings, Regexes regexes) {
    this.strings = strings;
    this.regexes = regexes;
  }

  private static Map<String, String> patterns() {
    String user = "(?:(?:[:" + UNRESERVED + DELIMITERS + "]|" + PERCENT + ")*@)?";
    String name = "(?:[" + UNRESERVED + DELIMITERS + "]|" + PERCENT + ")*";
    String host = "(?:\\[" + ipv6() + "\\]|" + name + ")";
    String authority = "//" + user + host + "(?::[0-9]*)?(?:/" + PCHAR + "*)*";
    String rootless = PCHAR + "+(?:/" + PCHAR + "*)*";
    String absolute = "/(?:" + rootless + ")?";
    String scheme = "[A-Za-z][A-Za-z0-9+.-]*:";
    String uri = scheme + "(?:" + authority + "|" + absolute + "|" + rootless + ")?" + TAIL;
    String noColon = "(?:[@" + UNRESERVED + DELIMITERS + "]|" + PERCENT + ")+(?:/" + PCHAR + "*)*";
    String reference = "(?:" + authority + "|" + absolute + "|" + noColon + ")?" + TAIL;
    Map<String, String> all = new HashMap<>();
    all.put("date", DATE);
    all.put("time", TIME);
    all.put("date-time", DATE + "T" + TIME);
    all.put("email", EMAIL);
    all.put("uuid", UUID);
    all.put("ipv4", IPV4);
    all.put("ipv6", ipv6());
    all.put("hostname", PLAIN_LABEL + "(?:\\." + PLAIN_LABEL + ")*");
    all.put("uri", uri);
    all.put("uri-reference", "(?:" + uri + "|" + reference + ")");
    return Map.copyOf(all);
  }

  /** RFC 4291, section 2.2: up to eight groups, one gap, the last two groups as IPv4 if need be. */
  private static String ipv6() {
    String group = HEX + "{1,4}";
    String low = "(?:" + group + ":" + group + "|" + IPV4 + ")";
    List<String> forms = new ArrayList<>();
    forms.add("(?:" + group + ":){6}" + low);
    for (int behind = 0; behind <= 7; behind++) {
      // so many groups behind the gap, and at most as many before it as make seven
      String before =
          behind == 7 ? "" : "(?:" + group + "(?::" + group + "){0," + (6 - behind) + "})?";
      String after =
          switch (behind) {
            case 0 -> "";
            case 1 -> group;
            default -> "(?:" + group + ":){" + (behind - 2) + "}" + low;
          };
      forms.add(before + "::" + after);
    }
    return "(?:" + String.join("|", forms) + ")";
  }

  /** Whether a format is enforced. */
  static boolean isEnforced(String format) {
    return PATTERNS.containsKey(format);
  }

  /** The pattern of a format that is enforced. */
  static String pattern(String format) {
    return PATTERNS.getOrDefault(format, "");
  }

  /** The strings of a format that is enforced. */
  int strings(String format) {
    return known.computeIfAbsent(format, this::make);
  }

  private int make(String format) {
    int id = strings.whole(PATTERNS.getOrDefault(format, ""));
    if (!format.equals("hostname")) {
      return id;
    }
    return regexes.all(id, strings.lengths(1, LONGEST_HOST));
  }
}
