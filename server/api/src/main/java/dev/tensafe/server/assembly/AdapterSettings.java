package dev.tensafe.server.assembly;

import java.util.function.Supplier;

/**
 * How a server serves adapters.
 *
 * @param source opens the source of packages; the server closes it
 * @param memoryBytes for their weights
 * @param encrypted for those of mode he
 */
public record AdapterSettings(
    Supplier<? extends AdapterSource> source, long memoryBytes, EncryptedSettings encrypted) {}
