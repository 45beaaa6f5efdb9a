package dev.tensafe.lora.registry;

import java.util.Optional;

/**
 * An adapter at one moment.
 *
 * @param users requests that hold it
 * @param pinned whether it stays in memory
 * @param reason code of what makes it unavailable
 */
public record AdapterStatus(
    AdapterInfo info, AdapterState state, int users, boolean pinned, Optional<String> reason) {}
