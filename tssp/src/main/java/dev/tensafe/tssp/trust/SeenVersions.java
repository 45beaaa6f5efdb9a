package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.keys.KeyId;
import java.util.Optional;

/**
 * The highest version of every adapter that was ever accepted: an older one is not accepted again,
 * nor another package of the same version.
 */
@FunctionalInterface
public interface SeenVersions {
  /** The highest version accepted of an issuer's adapter; empty for one that was never accepted. */
  Optional<Seen> highest(KeyId issuer, String name);

  /**
   * The highest version of one adapter.
   *
   * @param digest of the package that was accepted; empty where the record is older than digests in
   *     it
   */
  record Seen(long version, Optional<String> digest) {
    /** Why a release of this adapter cannot be accepted any more, if it cannot. */
    Optional<TsspException> refusal(Release release) {
      String what = "version " + release.version() + " of '" + release.name() + "' ";
      if (release.version() < version) {
        return Optional.of(
            new TsspException(
                Reason.ROLLBACK,
                what + "is below version " + version + ", which was accepted before"));
      }
      if (release.version() == version
          && digest.filter(d -> !d.equals(release.digest())).isPresent()) {
        return Optional.of(
            new TsspException(
                Reason.VERSION_REUSED,
                what
                    + "was accepted before as another package, of digest "
                    + digest.get()
                    + "; this one is "
                    + release.digest()
                    + " and needs a version above "
                    + version));
      }
      return Optional.empty();
    }
  }

  /**
   * Refuses what may not follow the releases that were accepted.
   *
   * @throws TsspException {@code tssp.rollback}, {@code tssp.version_reused}
   */
  default void require(Release release) {
    highest(release.issuer(), release.name())
        .flatMap(seen -> seen.refusal(release))
        .ifPresent(
            refusal -> {
              throw refusal;
            });
  }

  /** Remembers nothing. */
  static SeenVersions none() {
    return (issuer, name) -> Optional.empty();
  }
}
