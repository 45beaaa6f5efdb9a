package dev.tensafe.privacy;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.privacy.PrivacyException.Reason;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was recorded of one data set, in memory, and the lines that say it. A line is {@code DIGEST
 * JSON}; DIGEST is SHA-256 of the digest before (32 zeros before the first) and the JSON. The JSON
 * has the line's number {@code n} and is one of
 *
 * <pre>
 * {"n": 0, "format": FORMAT, "tenant": TENANT, "dataSet": NAME}        the first
 * {"n": N, "kind": K, "rate": Q, "noise": SIGMA}                       kinds of steps, K from 0
 * {"n": N, "time": T, "run": RUN, "kind": K, "steps": S}               S steps of kind K
 * {"n": N, "time": T, "run": RUN, "notPrivate": WHY, "steps": S}
 * {"n": N, "time": T, "torn": BYTES}                                   one step of every kind
 * </pre>
 *
 * The last stands for a line of which only a part was left. Guarded by the lock of its {@link
 * BudgetLedger} entry.
 */
final class BudgetRecord {
  static final String FORMAT = "tensafe-privacy-ledger/v1";
  static final String NO_RUN = "(torn line)";

  /** So many divergences are added up at each step. */
  static final int MOST_KINDS = 1000;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int DIGITS = 64;

  private final RdpAccountant accountant;
  private final List<Kind> kinds = new ArrayList<>();
  private final Map<String, Map<Integer, Long>> runs = new LinkedHashMap<>();
  private final Map<String, Map<String, Long>> open = new LinkedHashMap<>();
  private byte[] digest = new byte[DIGITS / 2];
  private long sequence = -1;

  /** Steps of one rate and noise, with the divergences of one of them. */
  private static final class Kind {
    private final SampledGaussian one;
    private final double[] curve;
    private long steps;

    Kind(SampledGaussian one, double[] curve) {
      this.one = one;
      this.curve = curve;
    }
  }

  BudgetRecord(RdpAccountant accountant) {
    this.accountant = accountant;
  }

  LedgerMark mark() {
    return new LedgerMark(sequence, HexFormat.of().formatHex(digest));
  }

  boolean isEmpty() {
    return sequence < 0;
  }

  /** The number of a kind; one past the last for a kind that was not met yet. */
  int kind(SampledGaussian step) {
    for (int i = 0; i < kinds.size(); i++) {
      if (kinds.get(i).one.equals(step.withSteps(1))) {
        return i;
      }
    }
    return kinds.size();
  }

  boolean isNew(int kind) {
    return kind == kinds.size();
  }

  /**
   * Divergences of all steps, and of so many more of a kind.
   *
   * @throws PrivacyException {@code privacy.invalid} if they are too many to count
   */
  double[] curveWith(SampledGaussian more) {
    int kind = kind(more);
    double[] sum = new double[accountant.orders().length];
    for (int i = 0; i < kinds.size(); i++) {
      Kind of = kinds.get(i);
      long steps = of.steps;
      if (i == kind) {
        steps = more.withSteps(steps + more.steps()).steps();
      }
      add(sum, of.curve, steps);
    }
    if (isNew(kind)) {
      add(sum, accountant.stepCurve(more.rate(), more.noiseMultiplier()), more.steps());
    }
    return sum;
  }

  double[] curve() {
    double[] sum = new double[accountant.orders().length];
    for (Kind kind : kinds) {
      add(sum, kind.curve, kind.steps);
    }
    return sum;
  }

  private static void add(double[] sum, double[] curve, long steps) {
    if (steps > 0) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += steps * curve[i];
      }
    }
  }

  List<SampledGaussian> events() {
    List<SampledGaussian> events = new ArrayList<>();
    for (Kind kind : kinds) {
      if (kind.steps > 0) {
        events.add(kind.one.withSteps(kind.steps));
      }
    }
    return events;
  }

  List<RunSteps> runs() {
    List<RunSteps> all = new ArrayList<>();
    runs.forEach(
        (run, counts) ->
            counts.forEach(
                (kind, steps) -> all.add(new RunSteps(run, kinds.get(kind).one.withSteps(steps)))));
    return all;
  }

  List<OpenSteps> notPrivate() {
    List<OpenSteps> all = new ArrayList<>();
    open.forEach(
        (run, counts) -> counts.forEach((why, steps) -> all.add(new OpenSteps(run, why, steps))));
    return all;
  }

  /** A line's JSON, but for its number. */
  static ObjectNode body() {
    return JSON.createObjectNode();
  }

  /** A line to come, and its digest. */
  record Line(String text, byte[] digest) {}

  /** The lines that say these things next; nothing is counted yet. */
  List<Line> lines(List<ObjectNode> bodies) {
    List<Line> lines = new ArrayList<>();
    byte[] last = digest;
    long number = sequence;
    for (ObjectNode body : bodies) {
      ObjectNode numbered = JSON.createObjectNode().put("n", ++number);
      numbered.setAll(body);
      try {
        String json = JSON.writeValueAsString(numbered);
        last = chain(last, json);
        lines.add(new Line(HexFormat.of().formatHex(last) + " " + json, last));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("numbers and texts are always JSON", e);
      }
    }
    return lines;
  }

  private static byte[] chain(byte[] last, String json) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(last);
      return sha.digest(json.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Whether a text is the line that comes next, whole and unchanged. */
  boolean isNext(String line) {
    if (line.length() <= DIGITS || line.charAt(DIGITS) != ' ') {
      return false;
    }
    byte[] expected = chain(digest, line.substring(DIGITS + 1));
    return HexFormat.of().formatHex(expected).equals(line.substring(0, DIGITS));
  }

  /**
   * Counts what a line says.
   *
   * @param id whose record it is
   * @throws PrivacyException {@code privacy.ledger_malformed}
   */
  void read(String line, DataSetId id) {
    if (!isNext(line)) {
      throw malformed("does not have the digest that follows from the lines before");
    }
    String json = line.substring(DIGITS + 1);
    try {
      JsonNode node = JSON.readTree(json);
      if (longOf(node, "n") != sequence + 1) {
        throw malformed("has another number");
      }
      count(node, id);
    } catch (IOException | ArithmeticException e) {
      throw malformed("cannot be understood");
    }
    sequence++;
    digest = chain(digest, json);
  }

  private PrivacyException malformed(String problem) {
    return new PrivacyException(Reason.MALFORMED, "line " + (sequence + 2) + " " + problem);
  }

  private void count(JsonNode node, DataSetId id) {
    if (sequence < 0) {
      if (!node.path("format").asText().equals(FORMAT)
          || !node.path("tenant").asText().equals(id.tenant())
          || !node.path("dataSet").asText().equals(id.name())) {
        throw malformed("is not of this data set, or not of the format " + FORMAT);
      }
    } else if (node.has("torn")) {
      for (int i = 0; i < kinds.size(); i++) {
        take(NO_RUN, i, 1);
      }
    } else if (node.has("notPrivate")) {
      open.computeIfAbsent(text(node, "run"), run -> new LinkedHashMap<>())
          .merge(text(node, "notPrivate"), longOf(node, "steps"), BudgetRecord::atMost);
    } else if (node.has("rate")) {
      if (longOf(node, "kind") != kinds.size() || kinds.size() >= MOST_KINDS) {
        throw malformed("has a kind of another number");
      }
      SampledGaussian one =
          new SampledGaussian(
              node.path("rate").asDouble(Double.NaN), node.path("noise").asDouble(Double.NaN), 1);
      kinds.add(new Kind(one, accountant.stepCurve(one.rate(), one.noiseMultiplier())));
    } else {
      long kind = longOf(node, "kind");
      if (kind < 0 || kind >= kinds.size()) {
        throw malformed("has steps of an unknown kind");
      }
      take(text(node, "run"), (int) kind, longOf(node, "steps"));
    }
  }

  private void take(String run, int kind, long steps) {
    Kind of = kinds.get(kind);
    of.steps = of.one.withSteps(Math.addExact(of.steps, steps)).steps();
    runs.computeIfAbsent(run, r -> new LinkedHashMap<>()).merge(kind, steps, Math::addExact);
  }

  private static long atMost(long a, long b) {
    return Math.min(SampledGaussian.MOST_STEPS, a + b);
  }

  private String text(JsonNode node, String key) {
    if (!node.path(key).isTextual()) {
      throw malformed("has no '" + key + "'");
    }
    return node.path(key).textValue();
  }

  private long longOf(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
      throw malformed("has no whole number '" + key + "'");
    }
    return value.longValue();
  }
}
