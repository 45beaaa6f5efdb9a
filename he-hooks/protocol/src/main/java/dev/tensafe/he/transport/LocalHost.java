package dev.tensafe.he.transport;

import dev.tensafe.tssp.verify.VerifiedPackage;

/**
 * An adapter host in the model host's own process, as the model host's side sees it: connections
 * without a socket, and the same computation. Both roles in one process hide nothing from anybody.
 * Thread-safe.
 */
public interface LocalHost extends AutoCloseable {
  /** A new connection; its session runs until either end is closed. */
  FrameChannel connect();

  /**
   * Opens the sealed part of a package and serves it until the result is closed.
   *
   * @throws dev.tensafe.tssp.TsspException {@code tssp.not_a_recipient} and the other codes of
   *     opening a part
   */
  Served serve(VerifiedPackage verified);

  /** Encryptions of zero that are ready. */
  int poolLevel();

  /** Encryptions of zero that are kept ready at most. */
  int poolCapacity();

  /** Ends all sessions and wipes the weights. */
  @Override
  void close();

  /** The use of one package; closing it ends the use. */
  interface Served extends AutoCloseable {
    @Override
    void close();
  }
}
