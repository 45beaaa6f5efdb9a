package dev.tensafe.tuning.queue;

import java.time.Instant;
import java.util.Optional;

/**
 * Weights that can be sampled from.
 *
 * @param name within the model
 * @param step of the model when they were published
 */
public record Published(
    String model, String name, long step, Instant created, Optional<Instant> expires) {}
