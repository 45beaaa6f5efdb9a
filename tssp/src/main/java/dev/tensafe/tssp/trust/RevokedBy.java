package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.canonical.StrictFields;
import java.time.Instant;
import java.util.Optional;

/**
 * Who revoked a key or a package, and when.
 *
 * @param issuer whether it is the issuer's own signed word, which an operator cannot take back
 * @param who the issuer's or the operator's name; absent in lists that older versions wrote
 * @param time absent in lists that older versions wrote
 */
public record RevokedBy(boolean issuer, Optional<String> who, Optional<Instant> time) {
  static RevokedBy unknownOperator() {
    return new RevokedBy(false, Optional.empty(), Optional.empty());
  }

  /** Such as {@code by its issuer 'acme' on 2026-11-26T21:00:00Z}. */
  public String description() {
    return (issuer ? "by its issuer" : "by the operator")
        + who.map(name -> " '" + name + "'").orElse("")
        + time.map(at -> " on " + StrictFields.format(at)).orElse("");
  }

  /** As {@link #description}, without the operator's name: for who may not know it. */
  public String publicDescription() {
    return issuer ? description() : new RevokedBy(false, Optional.empty(), time).description();
  }
}
