package dev.tensafe.he.host;

import dev.tensafe.he.transport.EmbeddedChannel;
import dev.tensafe.he.transport.FrameChannel;

/** An adapter host in the model host's own process: the same sessions, without a socket. */
public final class EmbeddedHost {
  private final AdapterHost host;

  public EmbeddedHost(AdapterHost host) {
    this.host = host;
  }

  /** A new connection; its session runs on a thread of its own until either end is closed. */
  public FrameChannel connect() {
    EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
    HostSession session = new HostSession(host, pair.host());
    Thread thread = new Thread(session::run, "he-host");
    thread.setDaemon(true);
    thread.start();
    return pair.client();
  }
}
