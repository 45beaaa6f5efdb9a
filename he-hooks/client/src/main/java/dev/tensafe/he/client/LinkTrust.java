package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.tssp.keys.KeyId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a link may connect: not while any adapter is barred from the key or the address of its
 * host. Thread-safe.
 */
final class LinkTrust {
  private static final Logger LOG = LoggerFactory.getLogger(LinkTrust.class);

  private final String address;
  private final LinkTools tools;

  /** Of the host that was last connected to. */
  private volatile @Nullable KeyId lastKey;

  /**
   * @param address of the link's host, as the file of barred hosts has it
   */
  LinkTrust(String address, LinkTools tools) {
    this.address = address;
    this.tools = tools;
  }

  boolean isBarred() {
    KeyId key = lastKey;
    return tools.barred().at(address).isPresent()
        || (key != null && tools.barred().withKey(key).isPresent());
  }

  /** Looks whether an operator has changed anything. */
  void refresh() {
    tools.barred().refresh();
  }

  /**
   * Takes the key that the host names.
   *
   * @throws HeException {@code he.barred}
   */
  void admit(KeyId key) {
    lastKey = key;
    if (tools.barred().withKey(key).isPresent()) {
      throw new HeException(Reason.BARRED, "it is barred until the operator trusts it again");
    }
  }

  /**
   * Bars the host from an adapter; on disk when this returns.
   *
   * @param host key of the host that was found out
   */
  void bar(KeyId host, PublicPart adapter, BarredHosts.Reason reason) {
    tools
        .barred()
        .bar(
            new BarredPair(
                adapter.digest(), adapter.name(), host, address, tools.clock().instant(), reason));
    LOG.error(
        "the adapter host at {} with the key {} is barred from adapter '{}': {}",
        address,
        host,
        adapter.name(),
        reason.code());
    tools.listener().get().distrusted(adapter.name(), reason.code());
  }
}
