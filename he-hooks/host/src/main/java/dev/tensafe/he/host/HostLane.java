package dev.tensafe.he.host;

import dev.tensafe.nativelib.ckks.PublicKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A lane that may be used: the key of one request, proven to be made as it has to be, and the
 * blocks of pads it was bound to, one of an adapter at most. Confined to the session's thread.
 */
final class HostLane implements AutoCloseable {
  private final long id;
  private final PublicKey key;
  private final List<LaneBinding> bindings = new ArrayList<>(1);

  /** Adapters for which it was not bound, because too much was prepared. */
  private final Set<Integer> refused = new HashSet<>();

  /**
   * @param key closed with this
   */
  HostLane(long id, PublicKey key) {
    this.id = id;
    this.key = key;
  }

  long id() {
    return id;
  }

  PublicKey key() {
    return key;
  }

  /**
   * @param ref of the adapter
   */
  @Nullable LaneBinding binding(int ref) {
    for (int i = 0; i < bindings.size(); i++) {
      LaneBinding binding = bindings.get(i);
      if (binding.ref() == ref) {
        return binding;
      }
    }
    return null;
  }

  /**
   * @param binding of an adapter that the lane has none of; closed with this
   */
  void bind(LaneBinding binding) {
    bindings.add(binding);
    refused.remove(binding.ref());
  }

  /** Notes that it was not bound. */
  void refuse(int ref) {
    refused.add(ref);
  }

  /** Whether the last attempt to bind it was refused. */
  boolean isRefused(int ref) {
    return refused.contains(ref);
  }

  /** Ends what is bound of an adapter. */
  void unbind(int ref) {
    LaneBinding binding = binding(ref);
    if (binding != null) {
      bindings.remove(binding);
      binding.close();
    }
    refused.remove(ref);
  }

  @Override
  public void close() {
    bindings.forEach(LaneBinding::close);
    bindings.clear();
    key.close();
  }
}
