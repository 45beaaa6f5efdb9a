package dev.tensafe.he.host;

import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Listener;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** Serves an adapter host's sessions over connections that a test looks at, or tampers with. */
public final class WrappedHost implements AutoCloseable {
  private final AdapterHost host;
  private final Listener listener;
  private final UnaryOperator<FrameChannel> wrap;
  private final List<FrameChannel> channels = new CopyOnWriteArrayList<>();

  /**
   * @param host not closed with this
   */
  public WrappedHost(AdapterHost host, Address address, UnaryOperator<FrameChannel> wrap) {
    this.host = host;
    this.listener = Listener.open(address, null);
    this.wrap = wrap;
    Thread accepting = new Thread(this::accept, "wrapped-host");
    accepting.setDaemon(true);
    accepting.start();
  }

  private void accept() {
    try {
      while (true) {
        FrameChannel channel = wrap.apply(listener.accept().complete());
        channels.add(channel);
        Thread session = new Thread(() -> new HostSession(host, channel).run(), "wrapped-session");
        session.setDaemon(true);
        session.start();
      }
    } catch (IOException e) {
      // the end of the test
    }
  }

  /** The number of connections there have been. */
  public int connections() {
    return channels.size();
  }

  /** Breaks all connections. */
  public void disconnect() {
    channels.forEach(FrameChannel::close);
  }

  @Override
  public void close() {
    listener.close();
    disconnect();
  }
}
