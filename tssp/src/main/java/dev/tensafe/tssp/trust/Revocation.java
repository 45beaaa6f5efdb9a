package dev.tensafe.tssp.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.PreAuthenticationEncoding;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.Signature;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.keys.SigningPublicKey;
import dev.tensafe.tssp.manifest.Names;
import dev.tensafe.tssp.manifest.SignatureList;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * An issuer's signed statement that some of its packages, or its own key, must no longer be used.
 * It counts for that issuer only.
 *
 * @param packages package ids
 * @param revokesIssuer whether the issuer's key itself is revoked
 */
public record Revocation(
    KeyId issuer, Instant issued, Set<String> packages, boolean revokesIssuer) {
  /** The payload type of signed statements. */
  public static final String PAYLOAD_TYPE = "application/vnd.tensafe.tssp.revocation+json;v=1";

  /** Longest file. */
  public static final int MAX_BYTES = 1 << 20;

  private static final String FORMAT = "tensafe-revocation/v1";
  private static final int MAX_PACKAGES = 10_000;

  public Revocation {
    packages = Set.copyOf(packages);
  }

  /** The signed file, canonical JSON. */
  public static byte[] sign(
      SigningKey key,
      Instant issued,
      Set<String> packages,
      boolean revokesIssuer,
      SecureRandom random) {
    if (packages.isEmpty() && !revokesIssuer) {
      throw new TsspException(Reason.INVALID_REQUEST, "there is nothing to revoke");
    }
    for (String id : packages) {
      if (!Names.PACKAGE_ID.matcher(id).matches()) {
        throw new TsspException(
            Reason.INVALID_REQUEST, "a package id has 32 lowercase hexadecimal digits");
      }
    }
    ObjectNode statement = JsonNodeFactory.instance.objectNode();
    statement.put("issuer", key.publicKey().id().hex()).put("issued", StrictFields.format(issued));
    new TreeSet<>(packages).forEach(statement.putArray("packages")::add);
    statement.put("revokes_issuer", revokesIssuer);
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", FORMAT).set("statement", statement);
    root.set("signatures", SignatureList.json(List.of(key.sign(signedBytes(statement), random))));
    return CanonicalJson.write(root);
  }

  /** The issuer that a file claims. Nothing is verified. */
  static KeyId claimedIssuer(byte[] file) {
    return new KeyId(fields(file).object("statement").text("issuer", KeyId.PATTERN));
  }

  /**
   * Reads and verifies a file.
   *
   * @throws TsspException {@code trust.malformed}, {@code tssp.signature_invalid}
   */
  static Revocation verify(byte[] file, SigningPublicKey key) {
    StrictFields fields = fields(file);
    List<Signature> signatures =
        SignatureList.read(fields.raw("signatures"), Reason.TRUST_MALFORMED);
    if (signatures.size() != 1
        || !key.verify(signedBytes(fields.raw("statement")), signatures.get(0))) {
      throw new TsspException(
          Reason.SIGNATURE_INVALID, "the revocation is not signed by " + key.id());
    }
    StrictFields statement = fields.object("statement");
    statement.requireKeys(List.of("issuer", "issued", "packages", "revokes_issuer"), List.of());
    KeyId issuer = new KeyId(statement.text("issuer", KeyId.PATTERN));
    if (!issuer.equals(key.id())) {
      throw statement.bad("is signed by another key than its issuer's");
    }
    return new Revocation(
        issuer,
        statement.time("issued"),
        Set.copyOf(statement.texts("packages", MAX_PACKAGES, Names.PACKAGE_ID)),
        statement.flag("revokes_issuer"));
  }

  private static StrictFields fields(byte[] file) {
    JsonNode node = CanonicalJson.parse(file, "the revocation", Reason.TRUST_MALFORMED);
    StrictFields fields = new StrictFields(node, "revocation", Reason.TRUST_MALFORMED);
    fields.requireKeys(List.of("format", "statement", "signatures"), List.of());
    if (!fields.text("format", 64).equals(FORMAT)) {
      throw fields.bad("is not of the format '" + FORMAT + "'");
    }
    return fields;
  }

  private static byte[] signedBytes(JsonNode statement) {
    return PreAuthenticationEncoding.of(PAYLOAD_TYPE, CanonicalJson.write(statement));
  }
}
