package dev.tensafe.lora.registry;

import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.weights.AdapterWeights;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.verify.VerifiedPackage;

/**
 * The service of packages of mode he, which has their deltas computed under encryption.
 * Thread-safe.
 */
public interface EncryptedMode {
  /**
   * Whether the sealed parts are opened in this process. If not, they are withheld from what is
   * stored here.
   */
  boolean embedded();

  /** The parameters deltas are computed with: {@code fast} or {@code strict}. */
  String profile();

  /** Whether guesses at coming tokens may be evaluated where an adapter's owner allows it. */
  boolean guesses();

  /**
   * The way in which the answers of an adapter host are checked: {@code tag}, {@code unverified} or
   * {@code embedded}.
   *
   * @param digest of an adapter's manifest, 64 hexadecimal digits
   */
  String verified(String digest);

  /**
   * Checks that some adapter host could compute the deltas of an adapter.
   *
   * @throws AdapterException {@code adapter.mode_unsupported}
   */
  void requireServable(Manifest manifest);

  /** Bytes of memory an adapter takes in this process. */
  long bytes(Manifest manifest);

  /**
   * Reads what this process may know of an adapter and begins to have it computed elsewhere.
   *
   * @return to be closed by the caller
   * @throws dev.tensafe.tssp.TsspException as {@link VerifiedPackage#open}
   */
  AdapterWeights load(VerifiedPackage verified);

  /**
   * Checks that its deltas can be computed now.
   *
   * @throws AdapterException {@code adapter.unavailable}
   */
  void requireReady(AdapterInfo info);
}
