package dev.tensafe.he.host;

/**
 * The limits of an adapter host.
 *
 * @param maxSessions at a time
 * @param maxPayload of a frame, in bytes
 * @param maxTokens of one evaluation
 * @param maxOpen adapters a session may have open
 * @param poolCapacity what re-randomises answers, kept ready for each session
 * @param maxBlocks of pads an adapter of a session may have that still take lanes
 * @param maxLanes a session may hold
 * @param aheadBytes of noise for lanes, over all sessions, beyond which it is made when it is used
 */
public record HostLimits(
    int maxSessions,
    int maxPayload,
    int maxTokens,
    int maxOpen,
    int poolCapacity,
    int maxBlocks,
    int maxLanes,
    long aheadBytes) {
  /**
   * 64 sessions, 64 MiB, 4096 tokens, 4096 adapters, a pool of 256, 4 blocks, 4096 lanes, 1 GiB.
   */
  public static HostLimits standard() {
    return new HostLimits(64, 64 << 20, 4096, 4096, 256, 4, 4096, 1L << 30);
  }

  /** The same with another number of sessions. */
  public HostLimits withSessions(int sessions) {
    return new HostLimits(
        sessions, maxPayload, maxTokens, maxOpen, poolCapacity, maxBlocks, maxLanes, aheadBytes);
  }
}
