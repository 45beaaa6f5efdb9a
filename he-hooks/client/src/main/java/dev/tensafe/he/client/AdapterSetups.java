package dev.tensafe.he.client;

import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.TagMessages;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the other side of a session says of its adapters: hands it to the adapter's {@link
 * AdapterSetup}, and what comes of it to the {@link SessionAdapters}. The session's tasks take
 * messages; any thread may do the rest.
 */
final class AdapterSetups implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterSetups.class);

  private final SessionCore session;
  private final LinkTools tools;
  private final SessionAdapters adapters;
  private final ClientSession.Events events;

  /** By the adapters' numbers. */
  private final Map<Integer, AdapterSetup> setups = new ConcurrentHashMap<>();

  AdapterSetups(
      SessionCore session, LinkTools tools, SessionAdapters adapters, ClientSession.Events events) {
    this.session = session;
    this.tools = tools;
    this.adapters = adapters;
    this.events = events;
  }

  /** Whether an adapter is open at the other side, and takes no requests yet. */
  boolean isPreparing(String digest) {
    return adapters.find(digest) == null
        && adapters.problem(digest).isEmpty()
        && setups.values().stream().anyMatch(setup -> setup.part().digest().equals(digest));
  }

  void opened(AdapterMessages.Opened opened) {
    PublicPart part = adapters.asked(opened.ref());
    if (part == null || setups.containsKey(opened.ref())) {
      return; // forgotten meanwhile
    }
    AdapterSetup.Outcome outcome =
        new AdapterSetup.Outcome() {
          @Override
          public void ready(ClientOpenAdapter adapter) {
            adapters.opened(part.digest(), adapter);
            LOG.info("adapter '{}' is open at its adapter host", part.name());
            events.changed();
          }

          @Override
          public void refused(String problem) {
            refuse(part, opened.ref(), problem, true);
          }
        };
    AdapterSetup setup = new AdapterSetup(session, tools, part, opened, outcome);
    setups.put(opened.ref(), setup);
    setup.begin();
    if (session.end().reason().isPresent()) {
      setup.close();
    }
  }

  void prepared(EvaluationMessages.Prepared head, ByteBuffer message) {
    AdapterSetup setup = setups.get(head.ref());
    if (setup != null) {
      setup.prepared(head, message);
    }
  }

  void chosen(TagMessages.Choice choice) {
    AdapterSetup setup = setups.get(choice.ref());
    if (setup != null) {
      setup.chosen(choice);
    }
  }

  void tags(TagMessages.Tags head, ByteBuffer chunks) {
    AdapterSetup setup = setups.get(head.ref());
    if (setup != null) {
      try {
        setup.tags(head, chunks);
      } catch (HostileException e) {
        events.hostile(session.shaken().host().key().id(), setup.part(), e.reason());
      }
    }
  }

  void refused(AdapterMessages.Refused refused) {
    int ref = refused.ref();
    String text = refused.refusal().text();
    switch (refused.refusal()) {
      case PREPARATION, NO_TAGS -> {
        AdapterSetup setup = setups.get(ref);
        if (setup != null) {
          setup.refused(refused.refusal());
        }
      }
      case UNKNOWN_ADAPTER, WITHDRAWN -> refuse(adapters.asked(ref), ref, text, false);
      case BUDGET_EXHAUSTED, DRAINING, STORAGE -> {
        if (refused.request() == 0) {
          refuse(adapters.asked(ref), ref, text, false);
        }
      }
    }
  }

  private void refuse(@Nullable PublicPart adapter, int ref, String problem, boolean forSession) {
    if (adapter != null) {
      drop(ref);
      if (adapters.refused(adapter.digest(), problem, forSession)) {
        LOG.warn("adapter '{}' is refused: {}", adapter.name(), problem);
      }
      events.changed();
    }
  }

  /** Wipes what was made for an adapter. */
  void drop(int ref) {
    AdapterSetup setup = setups.remove(ref);
    if (setup != null) {
      setup.close();
    }
  }

  /** Wipes what was made for all of them. */
  @Override
  public void close() {
    setups.values().forEach(AdapterSetup::close);
  }
}
