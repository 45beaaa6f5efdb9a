package dev.tensafe.server.metrics;

/**
 * Where the time of one output went, in nanoseconds.
 *
 * @param total from submission to the end
 * @param running from its first step to the end
 * @param decoding from its first token to the end; 0 if there was none
 */
record OutputTimes(long total, long running, long decoding) {}
