package dev.tensafe.server;

import dev.tensafe.he.HeException;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Listener;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.wire.Frame;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands between a model host and its adapter host and passes their frames on. Whoever makes one
 * sees every frame, whole, and may change it: to the model host it is the adapter host.
 */
final class FrameRelay implements AutoCloseable {
  private static final int MAX_PAYLOAD = 1 << 28;

  private final Listener listener;
  private final Address to;
  private final Filter filter;
  private final List<FrameChannel> open = new CopyOnWriteArrayList<>();
  private volatile int connections;

  /** Sees the frames on their way; called by one thread a connection and direction. */
  interface Filter {
    /**
     * May change the payload in place, or block.
     *
     * @param connection from 0
     * @param up whether it goes to the adapter host
     */
    void pass(int connection, boolean up, Frame frame);
  }

  private FrameRelay(Address listen, Address to, Filter filter) {
    this.listener = Listener.open(listen, null);
    this.to = to;
    this.filter = filter;
  }

  /** Begins to listen. */
  static FrameRelay start(Address listen, Address to, Filter filter) {
    FrameRelay relay = new FrameRelay(listen, to, filter);
    daemon(relay::accept);
    return relay;
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "frame-relay");
    thread.setDaemon(true);
    thread.start();
  }

  Address address() {
    return listener.address();
  }

  /** The number of connections there have been. */
  int connections() {
    return connections;
  }

  private void accept() {
    while (true) {
      FrameChannel client;
      try {
        client = listener.accept().complete();
      } catch (IOException e) {
        return;
      }
      open.add(client);
      int number = connections++;
      try {
        FrameChannel host = Sockets.connect(to, null, 2_000, Sockets.ownUid());
        open.add(host);
        daemon(() -> forward(number, true, client, host));
        daemon(() -> forward(number, false, host, client));
      } catch (IOException e) {
        client.close();
      }
    }
  }

  private void forward(int number, boolean up, FrameChannel from, FrameChannel into) {
    try {
      for (Frame frame = from.receive(MAX_PAYLOAD);
          frame != null;
          frame = from.receive(MAX_PAYLOAD)) {
        filter.pass(number, up, frame);
        into.send(frame.type(), frame.payload());
        from.release(frame);
      }
    } catch (IOException | HeException e) {
      // the end of it
    } finally {
      from.close();
      into.close();
    }
  }

  /** Cuts every connection there is; new ones are accepted. */
  void cut() {
    open.forEach(FrameChannel::close);
  }

  @Override
  public void close() {
    listener.close();
    cut();
  }
}
