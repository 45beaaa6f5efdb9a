package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Refusal;
import java.io.IOException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The adapters that one session has open, by the numbers its model host gave them. While there are
 * any, what re-randomises answers is made ahead. Confined to the session's thread.
 */
final class HostOpenAdapters implements AutoCloseable {
  private final AdapterHost host;
  private final SessionKeys keys;
  private final String account;
  private final HostLanes lanes;
  private final HostWriter writer;
  private final Map<Integer, HostOpenAdapter> open = new HashMap<>();

  /**
   * @param account of the session's client
   */
  HostOpenAdapters(
      AdapterHost host, SessionKeys keys, String account, HostLanes lanes, HostWriter writer) {
    this.host = host;
    this.keys = keys;
    this.account = account;
    this.lanes = lanes;
    this.writer = writer;
  }

  /** Opens an adapter under a number, or refuses it. */
  void open(AdapterMessages.Open request) throws IOException {
    String digest = HexFormat.of().formatHex(request.digest());
    SealedPart adapter = host.find(digest);
    if (adapter == null) {
      writer.refuse(request.ref(), 0, host.whyNot(digest));
      return;
    }
    if (open.size() >= host.limits.maxOpen()) {
      throw new HeException(Reason.PROTOCOL, "more adapters open than " + host.limits.maxOpen());
    }
    if (open.containsKey(request.ref())) {
      throw new HeException(Reason.PROTOCOL, "adapter " + request.ref() + " is open already");
    }
    HostOpenAdapter opened;
    AdapterMessages.Opened answer;
    try {
      opened =
          new HostOpenAdapter(
              request.ref(),
              adapter,
              adapter.groups(keys.profile(), host.tools),
              host.meter.use(adapter, account));
      answer =
          new AdapterMessages.Opened(request.ref(), adapter.describe(keys.profile(), host.tools));
    } catch (HeException e) {
      writer.refuse(request.ref(), 0, Refusal.WITHDRAWN);
      return;
    }
    if (open.isEmpty()) {
      host.pools.add(keys.rerandomizer(), host.limits.poolCapacity());
    }
    open.put(request.ref(), opened);
    writer.send(FrameType.OPENED, answer.encode());
  }

  void forget(int ref) {
    HostOpenAdapter forgotten = open.remove(ref);
    if (forgotten != null) {
      lanes.unbind(ref);
      forgotten.close();
    }
    if (open.isEmpty()) {
      host.pools.remove(keys.rerandomizer());
    }
  }

  /**
   * @throws HeException {@code he.protocol} if no adapter is open under the number
   */
  HostOpenAdapter require(int ref) {
    HostOpenAdapter opened = open.get(ref);
    if (opened == null) {
      throw new HeException(Reason.PROTOCOL, "no adapter " + ref + " is open");
    }
    return opened;
  }

  @Override
  public void close() {
    host.pools.remove(keys.rerandomizer());
    open.values().forEach(HostOpenAdapter::close);
  }
}
