package dev.tensafe.tssp.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.StrictFields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** Public keys as JSON: {@code PREFIX.pub}. */
public final class PublicKeyFile {
  static final String SIGNING = "tensafe-signing-public-key/v1";
  static final String RECIPIENT = "tensafe-recipient-public-key/v1";

  /** Longest key file read. */
  static final int MAX_BYTES = 64 << 10;

  private PublicKeyFile() {}

  public static ObjectNode json(SigningPublicKey key) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", SIGNING).put("key_id", key.id().hex());
    node.put("ed25519", base64(key.ed25519())).put("mldsa65", base64(key.mlDsa65()));
    return node;
  }

  public static ObjectNode json(RecipientPublicKey key) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", RECIPIENT).put("key_id", key.id().hex()).put("xwing", base64(key.bytes()));
    return node;
  }

  /**
   * @throws TsspException {@code key.malformed}, or {@code tssp.io} when there is no such file
   */
  public static SigningPublicKey readSigning(Path file) {
    return signing(read(file), file.getFileName().toString());
  }

  /** As {@link #readSigning}. */
  public static RecipientPublicKey readRecipient(Path file) {
    return recipient(read(file), file.getFileName().toString());
  }

  /**
   * @param what names the document in errors
   */
  public static SigningPublicKey signing(JsonNode node, String what) {
    StrictFields fields = fields(node, what, SIGNING);
    fields.requireKeys(List.of("format", "key_id", "ed25519", "mldsa65"), List.of());
    SigningPublicKey key =
        new SigningPublicKey(
            fields.base64("ed25519", SigningPublicKey.ED25519_BYTES),
            fields.base64("mldsa65", SigningPublicKey.ML_DSA_65_BYTES));
    requireId(fields, key.id());
    return key;
  }

  static RecipientPublicKey recipient(JsonNode node, String what) {
    StrictFields fields = fields(node, what, RECIPIENT);
    fields.requireKeys(List.of("format", "key_id", "xwing"), List.of());
    RecipientPublicKey key =
        new RecipientPublicKey(fields.base64("xwing", RecipientPublicKey.BYTES));
    requireId(fields, key.id());
    return key;
  }

  static StrictFields fields(JsonNode node, String what, String format) {
    StrictFields fields = new StrictFields(node, what, Reason.KEY_MALFORMED);
    String actual = fields.text("format", 100);
    if (!actual.equals(format)) {
      throw fields.bad("is a '" + actual + "', not a '" + format + "'");
    }
    return fields;
  }

  static JsonNode read(Path file) {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read the key file " + file);
    }
    if (bytes.length > MAX_BYTES) {
      throw new TsspException(Reason.KEY_MALFORMED, file + " is too long for a key file");
    }
    try {
      return Json.parseObject(bytes, file.getFileName().toString(), "key");
    } catch (FormatException e) {
      throw new TsspException(Reason.KEY_MALFORMED, e.description());
    }
  }

  /** One key a line, for people to read; key files are not signed. */
  public static byte[] bytes(JsonNode node) {
    return (node.toPrettyString() + "\n").getBytes(UTF_8);
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static void requireId(StrictFields fields, KeyId id) {
    if (!fields.text("key_id", KeyId.PATTERN).equals(id.hex())) {
      throw fields.bad("has a key_id that is not its key's");
    }
  }
}
