package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.CkksContext;

/**
 * What everything in one session shares.
 *
 * @param context of the session's profile
 * @param tasks of the session, for what takes time
 * @param padMaker a thread for what can wait, of all sessions
 */
record SessionCore(
    CkksContext context,
    SessionHandshake shaken,
    SessionEnd end,
    SessionMasks masks,
    ClientWriter writer,
    SessionTasks tasks,
    TaskThread padMaker,
    LaneKeys keys,
    Retirement retirement,
    Evaluations evaluations) {}
