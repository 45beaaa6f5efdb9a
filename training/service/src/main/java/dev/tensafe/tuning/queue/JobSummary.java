package dev.tensafe.tuning.queue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A line of the list of calls. */
public record JobSummary(
    String requestId,
    String model,
    long sequence,
    String label,
    JobState state,
    int attempts,
    Instant created,
    @Nullable String code) {}
