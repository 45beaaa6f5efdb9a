package dev.tensafe.he.client;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * Tokens of one adapter in one step that travel in the same way, through all groups. Confined to
 * the engine's thread.
 */
interface BatchPart {
  /**
   * Encrypts its tokens' inputs of a group and sends them.
   *
   * @param x [rows of the step][d]; or one row of zeros, if blank
   * @param blank whether every token's input is the first row
   * @param deadline for sending, on {@link System#nanoTime}'s scale
   * @param sent gets the messages that were sent, also when a later one fails
   */
  void send(OpenGroup group, FloatBuffer x, boolean blank, long deadline, List<SentMessage> sent);
}
