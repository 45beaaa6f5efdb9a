package dev.tensafe.server.http;

import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.server.openai.Provenance;
import dev.tensafe.tssp.manifest.Mode;
import java.util.Optional;

/**
 * What answers one request, kept in memory until {@link #release}.
 *
 * @param flow what shares the engine's time as one
 * @param profile of the encryption, where this server computes encrypted adapters
 * @param lease empty for the base model
 */
record PinnedModel(
    String tenant, String flow, Optional<String> profile, Optional<AdapterLease> lease) {
  private Optional<AdapterInfo> info() {
    return lease.map(AdapterLease::info);
  }

  private static boolean encrypted(AdapterInfo info) {
    return info.manifest().mode() == Mode.HE;
  }

  /** The adapter whose owner wants its use counted; empty where nobody does. */
  Optional<AdapterInfo> budgeted() {
    return info().filter(AdapterInfo::budgeted);
  }

  /** What the engine's hooks know the adapter by. */
  long handle() {
    return lease.map(AdapterLease::handle).orElse(SequenceInput.BASE);
  }

  /** With whom keys and values may be shared: same weights, same tenant, same protection. */
  CacheScope scope() {
    return new CacheScope(
        info().map(AdapterInfo::digest).orElse(""),
        tenant,
        info().filter(PinnedModel::encrypted).flatMap(i -> profile).orElse(""));
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
                    encrypted(i) ? profile.orElse(null) : null))
        .orElse(Provenance.BASE);
  }

  void release() {
    lease.ifPresent(AdapterLease::close);
  }
}
