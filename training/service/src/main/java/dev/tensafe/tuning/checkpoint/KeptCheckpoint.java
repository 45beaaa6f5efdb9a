package dev.tensafe.tuning.checkpoint;

import dev.tensafe.formats.CodedException;
import java.time.Instant;
import java.util.Optional;

/**
 * A file of a shelf.
 *
 * @param name unique in the shelf
 * @param version grows with every checkpoint of the shelf
 * @param created as its manifest says; absent where that cannot be believed
 * @param bytes of the file
 * @param refusal why it cannot be used, if that shows without decrypting it
 */
public record KeptCheckpoint(
    String name,
    long version,
    Optional<Instant> created,
    long bytes,
    Optional<CodedException> refusal) {}
