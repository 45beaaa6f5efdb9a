package dev.tensafe.he.host;

import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TagMessages;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Gives the tags that one session asks for: what encrypted constants of a model host make of an
 * adapter's rows, so that it can check every later answer. A tag says something of the weights, and
 * is metered for it. For the session's thread; tags are computed by the {@link SetupThread}.
 */
final class TagSetups {
  private final AdapterHost host;
  private final HostOpenAdapters open;
  private final HostWriter writer;

  TagSetups(AdapterHost host, HostOpenAdapters open, HostWriter writer) {
    this.host = host;
    this.open = open;
    this.writer = writer;
  }

  /**
   * Has a tag computed and sent, or refuses it.
   *
   * @throws dev.tensafe.he.HeException {@code he.protocol} for another tag than is due
   */
  void setUp(ByteBuffer payload) throws IOException {
    TagMessages.Setup setup = TagMessages.Setup.decode(payload);
    HostOpenAdapter opened = open.require(setup.ref());
    opened.beginTag(setup.index());
    if (setup.index() == 0) {
      opened.refuseTags(refusal(opened));
    }
    Refusal refusal = opened.tagRefusal();
    if (refusal != null) {
      writer.refuse(setup.ref(), 0, refusal);
      return;
    }
    // until the primitives are there
    writer.refuse(setup.ref(), 0, Refusal.NO_TAGS);
  }

  /** Charges all tags of an adapter, or says why they are not given. */
  private @Nullable Refusal refusal(HostOpenAdapter opened) {
    if (!host.clients.tags()) {
      return Refusal.NO_TAGS;
    }
    if (opened.adapter().isClosed()) {
      return Refusal.WITHDRAWN;
    }
    return host.meter.spend(opened.use(), price(opened));
  }

  /** Tokens of each group: a tag says as much of it as two answers for each of its columns. */
  private static long[] price(HostOpenAdapter opened) {
    return opened.groups().values().stream()
        .mapToLong(
            group -> {
              long numbers = 2L * TagMessages.TAGS * group.columns();
              return (numbers + group.rows() - 1) / group.rows();
            })
        .toArray();
  }
}
