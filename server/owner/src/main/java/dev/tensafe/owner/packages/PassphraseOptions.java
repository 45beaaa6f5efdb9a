package dev.tensafe.owner.packages;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.keys.Passphrase;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import java.io.Console;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The source of a passphrase: a file or the terminal, never the command line. */
public final class PassphraseOptions {
  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description = "holds the passphrase of the private key; asked for if not given")
  private @Nullable Path file;

  boolean hasFile() {
    return file != null;
  }

  /** Reads a signing key, asking for its passphrase if it needs one. */
  SigningKey signingKey(Path key) {
    try (Passphrase passphrase = PrivateKeyFile.isProtected(key) ? existing(key) : null) {
      return PrivateKeyFile.readSigning(key, passphrase);
    }
  }

  /** Reads a recipient key, asking for its passphrase if it needs one. */
  public RecipientKey recipientKey(Path key) {
    try (Passphrase passphrase = PrivateKeyFile.isProtected(key) ? existing(key) : null) {
      return PrivateKeyFile.readRecipient(key, passphrase);
    }
  }

  /** The passphrase of the file, or null if none was given: for keys that a program makes. */
  public @Nullable Passphrase given() {
    Path from = file;
    return from == null ? null : Passphrase.read(from);
  }

  /** The passphrase for a new key. */
  Passphrase chosen(Path key) {
    Path given = file;
    if (given != null) {
      return Passphrase.read(given);
    }
    char[] first = ask("Passphrase for " + key + ": ", "--passphrase-file or --no-passphrase");
    char[] second = ask("Again: ", "--passphrase-file");
    try {
      if (!Arrays.equals(first, second)) {
        throw new TsspException(Reason.KEY_PASSPHRASE_WRONG, "the two passphrases differ");
      }
      return Passphrase.of(first);
    } finally {
      Arrays.fill(first, '\0');
      Arrays.fill(second, '\0');
    }
  }

  private Passphrase existing(Path key) {
    Path given = file;
    if (given != null) {
      return Passphrase.read(given);
    }
    char[] text = ask("Passphrase of " + key + ": ", "--passphrase-file");
    try {
      return Passphrase.of(text);
    } finally {
      Arrays.fill(text, '\0');
    }
  }

  // Before JDK 22 there is no console without a terminal; from then on, reading from one yields
  // null.
  @SuppressWarnings("SystemConsoleNull")
  private static char[] ask(String prompt, String otherwise) {
    Console console = System.console();
    char[] text = console == null ? null : console.readPassword("%s", prompt);
    if (text == null) {
      throw new TsspException(
          Reason.KEY_PASSPHRASE_NEEDED, "there is no terminal to ask at; give " + otherwise);
    }
    return text;
  }
}
