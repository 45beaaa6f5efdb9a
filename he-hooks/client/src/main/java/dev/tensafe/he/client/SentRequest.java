package dev.tensafe.he.client;

/**
 * An evaluation that was sent.
 *
 * @param sentNanos on {@link System#nanoTime}'s scale
 */
record SentRequest(Pending pending, long bytesUp, long encryptNanos, long sentNanos) {}
