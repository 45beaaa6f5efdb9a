package dev.tensafe.he.client;

import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * What all links share.
 *
 * @param padMaker a thread that runs only when a core would be idle
 * @param embedded whether the adapter host is in this process
 */
record LinkTools(
    LinkConfig config,
    PackingTools packings,
    TagBook tags,
    BarredHosts barred,
    TaskThread padMaker,
    Supplier<HeListener> listener,
    PreparationLimits preparations,
    InstantSource clock,
    boolean embedded) {}
