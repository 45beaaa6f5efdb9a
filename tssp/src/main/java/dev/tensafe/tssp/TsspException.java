package dev.tensafe.tssp;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A package, key or trust store that is refused. Every reason has a code of its own. */
public final class TsspException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;

  public TsspException(Reason reason, String message) {
    this(reason, message, null);
  }

  public TsspException(Reason reason, String message, @Nullable Throwable cause) {
    super(reason.code(), message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** Why; the codes are stable, docs/TSSP.md lists them. */
  public enum Reason {
    /** The first eight bytes are not those of a version 2 package. */
    NOT_A_PACKAGE("tssp.not_a_package"),
    /** Sections that do not fill the file exactly, or exceed their limits. */
    LAYOUT("tssp.layout"),
    /** The list of signatures is malformed. */
    SIGNATURES_MALFORMED("tssp.signatures_malformed"),
    /** A signature does not verify. */
    SIGNATURE_INVALID("tssp.signature_invalid"),
    /** A signer is not in the trust store. */
    ISSUER_UNKNOWN("tssp.issuer_unknown"),
    /** A signer is in the trust store, but not for this role or this day. */
    ISSUER_NOT_ALLOWED("tssp.issuer_not_allowed"),
    /** Fewer reviewers signed than the trust store asks for. */
    REVIEW_MISSING("tssp.review_missing"),
    /** The manifest is not canonical JSON of the schema. */
    MANIFEST_INVALID("tssp.manifest_invalid"),
    /** The manifest names another issuer than its first signer. */
    ISSUER_MISMATCH("tssp.issuer_mismatch"),
    /** The issuer may not use this adapter name. */
    NAME_NOT_ALLOWED("tssp.name_not_allowed"),
    /** A signer's key is revoked. */
    ISSUER_REVOKED("tssp.issuer_revoked"),
    /** The package is revoked. */
    PACKAGE_REVOKED("tssp.package_revoked"),
    /** Made in the future. */
    NOT_YET_VALID("tssp.not_yet_valid"),
    /** No longer valid. */
    EXPIRED("tssp.expired"),
    /** A higher version of this adapter was accepted before. */
    ROLLBACK("tssp.rollback"),
    /** Another package of this version of this adapter was accepted before. */
    VERSION_REUSED("tssp.version_reused"),
    /** Made for another base model. */
    BASE_MODEL_MISMATCH("tssp.base_model_mismatch"),
    /** A policy field this reader does not know. */
    POLICY_UNKNOWN("tssp.policy_unknown"),
    /** A policy this reader cannot enforce. */
    POLICY_UNSATISFIABLE("tssp.policy_unsatisfiable"),
    /** A part is withheld though it is addressed to the reader. */
    PART_MISSING("tssp.part_missing"),
    /** There is no part of that name, or it is withheld. */
    PART_UNKNOWN("tssp.part_unknown"),
    /** Bytes of a part are not those that were signed. */
    DIGEST_MISMATCH("tssp.digest_mismatch"),
    /** The key is not among the part's recipients. */
    NOT_A_RECIPIENT("tssp.not_a_recipient"),
    /** A key or a segment fails its authentication. */
    DECRYPTION_FAILED("tssp.decryption_failed"),
    /** A part decrypts, but is not what the manifest says it is. */
    CONTENT_INVALID("tssp.content_invalid"),
    /** The record of versions seen cannot be used. */
    VERSIONS_UNUSABLE("tssp.versions_unusable"),
    /** A file cannot be read or written. */
    IO("tssp.io"),
    /** The request to pack or rewrite would not give a valid package. */
    INVALID_REQUEST("tssp.invalid_request"),
    /** A key file is malformed. */
    KEY_MALFORMED("key.malformed"),
    /** The passphrase does not open the key file. */
    KEY_PASSPHRASE_WRONG("key.passphrase_wrong"),
    /** The key file is protected and no passphrase was given. */
    KEY_PASSPHRASE_NEEDED("key.passphrase_needed"),
    /** A key file of that name exists. */
    KEY_EXISTS("key.exists"),
    /** The trust store, or something to be added to it, is malformed. */
    TRUST_MALFORMED("trust.malformed"),
    /** The trust store has no such key. */
    TRUST_UNKNOWN_KEY("trust.unknown_key"),
    /** What is to be restored is not revoked, or not by the operator. */
    TRUST_NOT_REVOKED("trust.not_revoked"),
    /** The trust store has that key already. */
    TRUST_EXISTS("trust.exists");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    public String code() {
      return code;
    }
  }
}
