package dev.tensafe.server.http;

import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.draft.Drafting;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.server.openai.Provenance;
import dev.tensafe.tssp.manifest.Mode;
import java.util.Optional;

/**
 * The model or adapter version for one request, kept in memory until {@link #release}.
 *
 * @param flow requests of one flow share their part of the engine's time
 * @param encrypted what serves mode he
 * @param lease empty for the base model
 */
record PinnedModel(
    String tenant, String flow, Optional<EncryptedMode> encrypted, Optional<AdapterLease> lease) {
  private Optional<AdapterInfo> info() {
    return lease.map(AdapterLease::info);
  }

  /** What serves an adapter encrypted; empty if it is not of mode he. */
  private Optional<EncryptedMode> encrypted(AdapterInfo info) {
    return info.manifest().mode() == Mode.HE ? encrypted : Optional.empty();
  }

  /** The adapter, if its owner limits its tokens. */
  Optional<AdapterInfo> budgeted() {
    return info().filter(AdapterInfo::budgeted);
  }

  /** The adapter's number among the engine's hooks. */
  long handle() {
    return lease.map(AdapterLease::handle).orElse(SequenceInput.BASE);
  }

  /** The scope in which keys and values may be shared: same weights, tenant and protection. */
  CacheScope scope() {
    return new CacheScope(
        info().map(AdapterInfo::digest).orElse(""),
        tenant,
        info().flatMap(this::encrypted).map(EncryptedMode::profile).orElse(""));
  }

  /**
   * Which guesses at coming tokens may be run. An adapter host sees how many rows a step has, so
   * their number may not depend on the text.
   */
  Drafting drafting() {
    Optional<AdapterInfo> info = info();
    if (info.isEmpty()) {
      return Drafting.FREE;
    }
    Optional<EncryptedMode> mode = info.flatMap(this::encrypted);
    boolean allowed = info.get().allowsGuesses() && mode.map(EncryptedMode::guesses).orElse(true);
    return !allowed ? Drafting.FORBIDDEN : mode.isPresent() ? Drafting.EVEN : Drafting.FREE;
  }

  Optional<String> adapter() {
    return info().map(AdapterInfo::name);
  }

  Provenance provenance() {
    return info()
        .map(
            i ->
                new Provenance(
                    i.digest(),
                    i.manifest().mode().label(),
                    encrypted(i).map(EncryptedMode::profile).orElse(null),
                    encrypted(i).map(mode -> mode.verified(i.digest())).orElse(null)))
        .orElse(Provenance.BASE);
  }

  void release() {
    lease.ifPresent(AdapterLease::close);
  }
}
