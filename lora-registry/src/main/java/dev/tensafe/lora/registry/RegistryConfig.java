package dev.tensafe.lora.registry;

import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The settings of a registry.
 *
 * @param directory where packages are kept
 * @param trust directory of pinned issuers
 * @param key opens packages; not closed by the registry
 * @param baseName the base model's name for clients
 * @param layers of the base model
 * @param capacityBytes of weights in memory at most
 * @param encrypted serves mode he; absent to refuse it
 */
public record RegistryConfig(
    Path directory,
    Path trust,
    RecipientKey key,
    String baseName,
    BaseModel base,
    int layers,
    long capacityBytes,
    Optional<EncryptedMode> encrypted) {}
