package dev.tensafe.tssp.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.checkpoint.CheckpointHead.LedgerReference;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Lora;
import dev.tensafe.tssp.checkpoint.CheckpointHead.RandomPosition;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Rule;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/**
 * The head as canonical JSON. Reals are texts that give the same number again; so are seeds, which
 * have more digits than numbers of canonical JSON may have.
 */
final class CheckpointHeadJson {
  static final int MAX_BYTES = 1 << 20;

  private static final String FORMAT = "tensafe-training-checkpoint/v1";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}");
  private static final Pattern REAL =
      Pattern.compile("-?[0-9]{1,24}(\\.[0-9]{1,24})?(E-?[0-9]{1,3})?");
  private static final Pattern SEED = Pattern.compile("0|-?[1-9][0-9]{0,18}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final int MAX_ENTRIES = 1000;
  private static final int MAX_TEXT = 4096;

  private CheckpointHeadJson() {}

  /**
   * Canonical bytes.
   *
   * @throws TsspException {@code tssp.invalid_request} for a head that {@link #read} would refuse
   */
  static byte[] write(CheckpointHead head) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", FORMAT).put("step", head.step());
    rule(node.putObject("optimizer"), head.optimizer());
    rule(node.putObject("schedule"), head.schedule());
    Lora lora = head.lora();
    ObjectNode adapter = node.putObject("lora");
    adapter.put("rank", lora.rank()).put("alpha", lora.alpha().toPlainString());
    adapter.put("rslora", lora.rslora()).put("dropout", Double.toString(lora.dropout()));
    lora.targets().stream().sorted().forEach(adapter.putArray("targets")::add);
    head.random()
        .ifPresent(
            random -> {
              ObjectNode place = node.putObject("random");
              place.put("seed", Long.toString(random.seed())).put("position", random.position());
              random.dataSeed().ifPresent(s -> place.put("data_seed", Long.toString(s)));
            });
    head.ledger()
        .ifPresent(
            ledger ->
                node.putObject("ledger")
                    .put("data_set", ledger.dataSet())
                    .put("sequence", ledger.sequence())
                    .put("digest", ledger.digest()));
    reals(node.putObject("metrics"), head.metrics());
    texts(node.putObject("settings"), head.settings());
    texts(node.putObject("metadata"), head.metadata());
    try {
      byte[] bytes = CanonicalJson.write(node);
      CheckpointHead unusedAccepted = read(bytes);
      return bytes;
    } catch (IllegalArgumentException | TsspException e) {
      throw new TsspException(Reason.INVALID_REQUEST, "a checkpoint's head: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a head.
   *
   * @throws TsspException {@code tssp.content_invalid}
   */
  static CheckpointHead read(byte[] bytes) {
    if (bytes.length > MAX_BYTES) {
      throw new TsspException(
          Reason.CONTENT_INVALID,
          "the head has " + bytes.length + " bytes; " + MAX_BYTES + " are allowed");
    }
    JsonNode node = CanonicalJson.parse(bytes, "the head", Reason.CONTENT_INVALID);
    StrictFields fields = new StrictFields(node, "head", Reason.CONTENT_INVALID);
    if (!fields.text("format", 64).equals(FORMAT)) {
      throw fields.bad("is not of the format '" + FORMAT + "'");
    }
    fields.requireKeys(
        List.of(
            "format", "step", "optimizer", "schedule", "lora", "metrics", "settings", "metadata"),
        List.of("random", "ledger"));
    return new CheckpointHead(
        fields.integer("step", 0, CanonicalJson.MAX_INTEGER),
        rule(fields.object("optimizer")),
        rule(fields.object("schedule")),
        lora(fields.object("lora")),
        fields.has("random") ? Optional.of(random(fields.object("random"))) : Optional.empty(),
        fields.has("ledger") ? Optional.of(ledger(fields.object("ledger"))) : Optional.empty(),
        entries(fields.object("metrics"), CheckpointHeadJson::real),
        entries(fields.object("settings"), (f, key) -> f.text(key, MAX_TEXT)),
        entries(fields.object("metadata"), (f, key) -> f.text(key, MAX_TEXT)));
  }

  private static void rule(ObjectNode node, Rule rule) {
    node.put("name", rule.name());
    reals(node.putObject("settings"), rule.settings());
  }

  private static Rule rule(StrictFields fields) {
    fields.requireKeys(List.of("name", "settings"), List.of());
    return new Rule(
        fields.text("name", NAME), entries(fields.object("settings"), CheckpointHeadJson::real));
  }

  private static Lora lora(StrictFields fields) {
    fields.requireKeys(List.of("rank", "alpha", "rslora", "dropout", "targets"), List.of());
    double dropout = real(fields, "dropout");
    if (dropout < 0 || dropout >= 1) {
      throw fields.bad("needs a share from 0, below 1, in 'dropout'");
    }
    Set<String> targets = Set.copyOf(fields.texts("targets", 64, NAME));
    if (targets.isEmpty()) {
      throw fields.bad("has no targets");
    }
    return new Lora(
        (int) fields.integer("rank", 1, PeftConfig.MAX_RANK),
        new BigDecimal(fields.text("alpha", REAL)),
        fields.flag("rslora"),
        dropout,
        targets);
  }

  private static RandomPosition random(StrictFields fields) {
    fields.requireKeys(List.of("seed", "position"), List.of("data_seed"));
    return new RandomPosition(
        seed(fields, "seed"),
        fields.integer("position", 0, CanonicalJson.MAX_INTEGER),
        fields.has("data_seed")
            ? OptionalLong.of(seed(fields, "data_seed"))
            : OptionalLong.empty());
  }

  private static long seed(StrictFields fields, String key) {
    try {
      return Long.parseLong(fields.text(key, SEED));
    } catch (NumberFormatException e) {
      throw fields.bad("needs a number of 64 bits in '" + key + "'");
    }
  }

  private static LedgerReference ledger(StrictFields fields) {
    fields.requireKeys(List.of("data_set", "sequence", "digest"), List.of());
    return new LedgerReference(
        fields.text("data_set", NAME),
        fields.integer("sequence", 0, CanonicalJson.MAX_INTEGER),
        fields.text("digest", SHA256));
  }

  private static void reals(ObjectNode node, Map<String, Double> values) {
    values.forEach((name, value) -> node.put(name, Double.toString(value)));
  }

  private static void texts(ObjectNode node, Map<String, String> values) {
    values.forEach(node::put);
  }

  private static double real(StrictFields fields, String key) {
    double value = Double.parseDouble(fields.text(key, REAL));
    if (!Double.isFinite(value)) {
      throw fields.bad("needs a finite number in '" + key + "'");
    }
    return value;
  }

  private static <T> Map<String, T> entries(
      StrictFields fields, BiFunction<StrictFields, String, T> value) {
    Map<String, T> entries = new TreeMap<>();
    for (String key : fields.keys()) {
      if (!NAME.matcher(key).matches() || entries.size() == MAX_ENTRIES) {
        throw fields.bad("needs at most " + MAX_ENTRIES + " keys like " + NAME.pattern());
      }
      entries.put(key, value.apply(fields, key));
    }
    return entries;
  }
}
