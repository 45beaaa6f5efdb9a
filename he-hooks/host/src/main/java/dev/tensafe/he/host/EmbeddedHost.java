package dev.tensafe.he.host;

import dev.tensafe.he.transport.EmbeddedChannel;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.LocalHost;
import dev.tensafe.tssp.verify.VerifiedPackage;

/** An {@link AdapterHost} in the model host's process: the same sessions, without a socket. */
public final class EmbeddedHost implements LocalHost {
  private final AdapterHost host;

  /**
   * @param host closed with this
   */
  public EmbeddedHost(AdapterHost host) {
    this.host = host;
  }

  @Override
  public FrameChannel connect() {
    EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
    HostSession session = new HostSession(host, pair.host());
    Thread thread = new Thread(session::run, "he-host");
    thread.setDaemon(true);
    thread.start();
    return pair.client();
  }

  @Override
  public Served serve(VerifiedPackage verified) {
    SealedPart adapter = host.add(verified);
    return () -> host.release(adapter.digest());
  }

  @Override
  public int poolLevel() {
    return host.poolLevel();
  }

  @Override
  public int poolCapacity() {
    return host.poolCapacity();
  }

  @Override
  public void close() {
    host.close();
  }
}
