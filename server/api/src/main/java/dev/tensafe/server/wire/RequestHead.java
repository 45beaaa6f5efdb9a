package dev.tensafe.server.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request, checked against RFC 9112: a request line of three parts (section 3),
 * fields of one line each (section 5), one host (section 3.2), and one length (section 6.3).
 *
 * @param chunked whether the body comes in chunks
 * @param bodyBytes its length otherwise
 */
record RequestHead(boolean chunked, long bodyBytes) {
  private static final Pattern REQUEST_LINE =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\\x21-\\x7e]+) HTTP/([0-9])\\.([0-9])");
  private static final Pattern FIELD_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final int CONNECTION = "connection:".length();
  private static final Pattern HOST =
      Pattern.compile("(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?");

  /**
   * Reads a head.
   *
   * @param head request line and fields, a character for each byte, without the empty line
   * @throws WireFault 400 or 505
   */
  static RequestHead read(String head) throws WireFault {
    String[] lines = head.split("\r\n", -1);
    Matcher line = REQUEST_LINE.matcher(lines[0]);
    if (!line.matches()) {
      throw WireFault.bad(
          "invalid_request_line",
          "the request line is not 'METHOD TARGET HTTP/1.1' with single spaces");
    }
    boolean old = line.group(4).equals("0");
    if (!line.group(3).equals("1") || !(old || line.group(4).equals("1"))) {
      throw new WireFault(
          505, "http_version_not_supported", "this port speaks versions 1.1 and 1.0 of HTTP");
    }
    checkTarget(line.group(1), line.group(2));
    List<String> hosts = new ArrayList<>();
    List<String> lengths = new ArrayList<>();
    List<String> codings = new ArrayList<>();
    int contentTypes = 0;
    for (int i = 1; i < lines.length; i++) {
      int colon = checkField(lines[i]);
      String value = trim(lines[i].substring(colon + 1));
      switch (lines[i].substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "host" -> hosts.add(value);
        case "content-length" -> lengths.add(value);
        case "transfer-encoding" -> codings.add(value);
        case "content-type" -> contentTypes++;
        default -> {
          // says nothing about framing
        }
      }
    }
    checkHost(hosts, old);
    if (contentTypes > 1) {
      throw WireFault.bad("invalid_header", "a request has one 'Content-Type'");
    }
    return framing(lengths, codings, old);
  }

  /**
   * A head whose {@code Connection} says {@code close} among other options, with that option alone:
   * the decoder knows no lists (section 9.3). Null if nothing is to be changed.
   *
   * @param head as {@link #read} takes it, and accepted by it
   */
  static @Nullable String closing(String head) {
    StringBuilder out = new StringBuilder();
    boolean closes = false;
    boolean others = false;
    for (String line : head.split("\r\n", -1)) {
      if (!line.regionMatches(true, 0, "connection:", 0, CONNECTION)) {
        out.append(line).append("\r\n");
        continue;
      }
      for (String option : line.substring(CONNECTION).split(",", -1)) {
        boolean close = trim(option).equalsIgnoreCase("close");
        others |= !close || closes;
        closes |= close;
      }
    }
    return closes && others ? out + "Connection: close\r\n\r\n" : null;
  }

  /**
   * Checks the form of a field line.
   *
   * @return where its colon is
   */
  static int checkField(String line) throws WireFault {
    if (line.startsWith(" ") || line.startsWith("\t")) {
      throw WireFault.bad("invalid_header", "a header continues on a second line");
    }
    int colon = line.indexOf(':');
    if (colon < 0 || !FIELD_NAME.matcher(line.substring(0, colon)).matches()) {
      throw WireFault.bad(
          "invalid_header", "a header is not 'Name: value', without space before the colon");
    }
    return colon;
  }

  /** Section 3.2: what may stand between method and version. */
  private static void checkTarget(String method, String target) throws WireFault {
    String lower = target.toLowerCase(Locale.ROOT);
    boolean known =
        target.startsWith("/")
            || lower.startsWith("http://")
            || lower.startsWith("https://")
            || (target.equals("*") && method.equals("OPTIONS"));
    if (!known || target.indexOf('#') >= 0) {
      throw WireFault.bad("invalid_request_target", "the request target is no path such as /v1");
    }
  }

  private static void checkHost(List<String> hosts, boolean old) throws WireFault {
    if (hosts.isEmpty() && old) {
      return;
    }
    if (hosts.size() != 1 || !HOST.matcher(hosts.get(0)).matches()) {
      throw WireFault.bad("invalid_host", "a request has exactly one valid header 'Host'");
    }
  }

  private static RequestHead framing(List<String> lengths, List<String> codings, boolean old)
      throws WireFault {
    if (codings.isEmpty()) {
      return new RequestHead(false, lengths.isEmpty() ? 0 : length(lengths));
    }
    if (!lengths.isEmpty()) {
      throw WireFault.bad(
          "ambiguous_length", "a request has 'Content-Length' or 'Transfer-Encoding', not both");
    }
    if (old) {
      throw WireFault.bad("invalid_transfer_encoding", "HTTP/1.0 has no 'Transfer-Encoding'");
    }
    if (codings.size() > 1 || !codings.get(0).equalsIgnoreCase("chunked")) {
      throw WireFault.bad(
          "invalid_transfer_encoding", "the only 'Transfer-Encoding' of this server is 'chunked'");
    }
    return new RequestHead(true, 0);
  }

  private static long length(List<String> lengths) throws WireFault {
    // also for equal ones: whoever sits in front may have read one of them otherwise
    if (lengths.size() > 1 || !lengths.get(0).matches("[0-9]{1,18}")) {
      throw WireFault.bad(
          "invalid_content_length", "a request has one 'Content-Length', a decimal number");
    }
    return Long.parseLong(lengths.get(0));
  }

  private static String trim(String value) {
    int from = 0;
    int to = value.length();
    while (from < to && isSpace(value.charAt(from))) {
      from++;
    }
    while (to > from && isSpace(value.charAt(to - 1))) {
      to--;
    }
    return value.substring(from, to);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }
}
