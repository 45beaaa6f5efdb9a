package dev.tensafe.server.assembly;

import dev.tensafe.tssp.verify.DigestCache;
import java.util.function.Supplier;

/**
 * How a server serves adapters.
 *
 * @param source opens the source of packages; the server closes it
 * @param digests of the model's weights
 * @param memoryBytes for their weights
 * @param encrypted for those of mode he
 */
public record AdapterSettings(
    Supplier<? extends AdapterSource> source,
    DigestCache digests,
    long memoryBytes,
    EncryptedSettings encrypted) {}
