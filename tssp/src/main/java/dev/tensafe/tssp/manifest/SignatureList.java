package dev.tensafe.tssp.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The signatures of a document as a canonical JSON array: owner first, then reviewers. */
public final class SignatureList {
  /** Longest canonical form, in bytes. */
  public static final int MAX_BYTES = 64 << 10;

  /** Most signers. */
  public static final int MAX_COUNT = 8;

  private SignatureList() {}

  public static ArrayNode json(List<Signature> signatures) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (Signature signature : signatures) {
      list.addObject()
          .put("key_id", signature.signer().hex())
          .put("ed25519", Base64.getEncoder().encodeToString(signature.ed25519()))
          .put("mldsa65", Base64.getEncoder().encodeToString(signature.mlDsa65()));
    }
    return list;
  }

  /** Canonical bytes. */
  public static byte[] write(List<Signature> signatures) {
    return CanonicalJson.write(json(signatures));
  }

  /**
   * Reads the signatures, of which nothing is verified yet.
   *
   * @return 1 … {@value #MAX_COUNT}, of distinct signers
   * @throws TsspException {@code tssp.signatures_malformed}
   */
  public static List<Signature> read(byte[] bytes) {
    return read(
        CanonicalJson.parse(bytes, "the list of signatures", Reason.SIGNATURES_MALFORMED),
        Reason.SIGNATURES_MALFORMED);
  }

  /** As {@link #read(byte[])}, with another reason to give. */
  public static List<Signature> read(JsonNode node, Reason reason) {
    if (!node.isArray() || node.isEmpty() || node.size() > MAX_COUNT) {
      throw new TsspException(reason, "there must be 1 to " + MAX_COUNT + " signatures in a list");
    }
    Set<KeyId> seen = new HashSet<>();
    List<Signature> signatures = new ArrayList<>();
    for (JsonNode item : node) {
      StrictFields fields = new StrictFields(item, "signatures[" + signatures.size() + "]", reason);
      fields.requireKeys(List.of("key_id", "ed25519", "mldsa65"), List.of());
      KeyId signer = new KeyId(fields.text("key_id", KeyId.PATTERN));
      if (!seen.add(signer)) {
        throw fields.bad("is by a signer who has signed already");
      }
      signatures.add(
          new Signature(
              signer,
              fields.base64("ed25519", Signature.ED25519_BYTES),
              fields.base64("mldsa65", Signature.ML_DSA_65_BYTES)));
    }
    return signatures;
  }
}
