package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.tssp.keys.KeyId;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The way of one adapter in a session to where it takes requests:
 *
 * <pre>
 * opened ── its tag is found, made or not needed ──▶ preparing ── the first blocks came ──▶ ready
 *    └───── its host makes none, and one is needed ──▶ refused
 * </pre>
 *
 * <p>Later blocks take the same way. Confined to the session's tasks, but for {@link #close}.
 */
final class AdapterSetup implements AutoCloseable {
  private final SessionCore session;
  private final LinkTools tools;
  private final PublicPart part;
  private final AdapterMessages.Opened opened;
  private final Outcome outcome;
  private volatile @Nullable TagSetup tagging;
  private volatile @Nullable ClientOpenAdapter adapter;
  private boolean ready;

  /** Hears what becomes of it. */
  interface Outcome {
    void ready(ClientOpenAdapter adapter);

    void refused(String problem);
  }

  /**
   * @param opened of an adapter with the part's groups
   */
  AdapterSetup(
      SessionCore session,
      LinkTools tools,
      PublicPart part,
      AdapterMessages.Opened opened,
      Outcome outcome) {
    ClientOpenAdapter.requireSame(part, opened);
    this.session = session;
    this.tools = tools;
    this.part = part;
    this.opened = opened;
    this.outcome = outcome;
  }

  PublicPart part() {
    return part;
  }

  private KeyId host() {
    return session.shaken().host().key().id();
  }

  void begin() {
    if (tools.embedded()) {
      prepare(Verification.EMBEDDED, null);
      return;
    }
    Optional<AdapterTag> known =
        tools
            .tags()
            .find(part.digest(), host())
            .filter(tag -> tag.fits(part.mostRows(), part.columns()));
    if (known.isPresent()) {
      prepare(Verification.TAG, known.get());
      return;
    }
    OptionalInt scaleBits = TagSetup.scaleBits(part);
    if (scaleBits.isEmpty()) {
      withoutTag("its weights are too large for tags");
      return;
    }
    TagSetup setup =
        new TagSetup(
            tools.packings().tagContext(),
            session.shaken(),
            session.writer(),
            opened.ref(),
            part,
            scaleBits.getAsInt());
    tagging = setup;
    setup.ask();
  }

  private void withoutTag(String why) {
    if (tools.config().allowUnverified()) {
      prepare(Verification.UNVERIFIED, null);
    } else {
      outcome.refused(why + ", and unverified adapters are not allowed");
    }
  }

  /**
   * A piece of its tag has come.
   *
   * @throws HostileException if it is not of its weights
   */
  void tags(TagMessages.Tags head, ByteBuffer chunks) {
    TagSetup setup = tagging;
    if (setup == null) {
      throw new HeException(Reason.PROTOCOL, "a tag nobody asked for");
    }
    AdapterTag tag = setup.take(head, chunks);
    if (tag != null) {
      tagging = null;
      tools.tags().put(part.digest(), host(), tag);
      prepare(Verification.TAG, tag);
    }
  }

  /** The adapter host has chosen the key of a check. */
  void chosen(TagMessages.Choice choice) {
    TagSetup setup = tagging;
    if (setup == null) {
      throw new HeException(Reason.PROTOCOL, "a key of a tag nobody asked for");
    }
    setup.chosen(choice);
  }

  /** Something of it was refused. */
  void refused(Refusal refusal) {
    TagSetup setup = tagging;
    ClientOpenAdapter open = adapter;
    if (refusal == Refusal.NO_TAGS && setup != null) {
      setup.close();
      tagging = null;
      withoutTag(refusal.text());
    } else if (refusal == Refusal.PREPARATION && open != null) {
      open.refused(refusal);
      BlockExchange blocks = open.blocks();
      if (blocks != null) {
        blocks.refused();
      }
      finish(open);
    }
  }

  private void prepare(Verification verification, @Nullable AdapterTag tag) {
    HeListener listener = tools.listener().get();
    ClientOpenAdapter open =
        ClientOpenAdapter.of(
            session,
            part,
            opened,
            verification,
            tag,
            tools.preparations().of(part.digest(), host()),
            part.padBytes(session.context().parameters(), tools.config().padBytes()),
            (event, count) -> listener.lanes(part.name(), event, count));
    adapter = open;
    BlockExchange blocks = open.blocks();
    if (blocks != null) {
      blocks.replenish();
    }
    if (blocks == null || !blocks.isAwaited()) {
      finish(open);
    }
  }

  /**
   * The other half of a block has come, for one group.
   *
   * @throws HeException {@code he.protocol}
   */
  void prepared(EvaluationMessages.Prepared head, ByteBuffer message) {
    ClientOpenAdapter open = adapter;
    BlockExchange blocks = open == null ? null : open.blocks();
    OpenGroup group = open == null ? null : open.group(head.group());
    if (open == null || blocks == null || group == null) {
      throw new HeException(Reason.PROTOCOL, "a block nobody asked for");
    }
    blocks.prepared(head.block(), group.index(), message);
    if (!blocks.isAwaited()) {
      finish(open);
    }
  }

  private void finish(ClientOpenAdapter open) {
    if (!ready) {
      ready = true;
      open.replenish();
      outcome.ready(open);
    }
  }

  /** Wipes what was made for it. */
  @Override
  public void close() {
    TagSetup setup = tagging;
    if (setup != null) {
      setup.close();
    }
    ClientOpenAdapter open = adapter;
    if (open != null) {
      open.close();
    }
  }
}
