package dev.tensafe.he.host;

/**
 * The limits of an adapter host.
 *
 * @param maxSessions at a time
 * @param maxPayload of a frame, in bytes
 * @param maxTokens of one evaluation
 * @param maxOpen adapters a session may have open
 * @param poolCapacity encryptions of zero kept ready for each session
 * @param maxBlocks of pads a group of a session may have at a time
 */
public record HostLimits(
    int maxSessions, int maxPayload, int maxTokens, int maxOpen, int poolCapacity, int maxBlocks) {
  /** 64 sessions, 64 MiB, 4096 tokens, 4096 adapters, a pool of 256, 4 blocks. */
  public static HostLimits standard() {
    return new HostLimits(64, 64 << 20, 4096, 4096, 256, 4);
  }
}
