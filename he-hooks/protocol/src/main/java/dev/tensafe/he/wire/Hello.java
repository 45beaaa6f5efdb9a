package dev.tensafe.he.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.Profile;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The two messages a session begins with. docs/HE-PROTOCOL.md, "Hellos". */
public final class Hello {
  public static final int VERSION = 2;
  public static final int NONCE_BYTES = 32;
  private static final int TRACES = 1;
  private static final byte[] MAGIC = "TSHELORA".getBytes(US_ASCII);
  private static final byte[] PUBLIC_KEY_LABEL = "tensafe-he/2 public key\0".getBytes(US_ASCII);
  private static final byte[] TAG_KEY_LABEL = "tensafe-he/2 tag key\0".getBytes(US_ASCII);

  private Hello() {}

  /**
   * The first message of the model host.
   *
   * @param nonce {@value #NONCE_BYTES} random bytes
   * @param maskSeed the public seed of the session's ciphertexts
   * @param traces whether it asks to say which spans evaluations belong to
   */
  public record Client(
      int version, Profile profile, byte[] nonce, byte[] maskSeed, boolean traces) {
    /** Without traces. */
    public Client(int version, Profile profile, byte[] nonce, byte[] maskSeed) {
      this(version, profile, nonce, maskSeed, false);
    }

    /** The payload. */
    public ByteBuffer encode() {
      return ByteBuffer.allocate(76)
          .put(MAGIC)
          .putShort((short) version)
          .put((byte) profile.id())
          .put((byte) (traces ? TRACES : 0))
          .put(nonce)
          .put(maskSeed)
          .flip();
    }

    /**
     * @throws HeException {@code he.protocol}
     */
    public static Client decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      requireMagic(in);
      int version = in.u16();
      if (version != VERSION) {
        // what follows may look otherwise
        return new Client(version, Profile.FAST, new byte[0], new byte[0]);
      }
      Profile profile = Profile.of(in.u8());
      boolean traces = asks(in.u8());
      Client hello = new Client(version, profile, in.bytes(NONCE_BYTES), in.bytes(32), traces);
      in.end();
      return hello;
    }
  }

  /**
   * The adapter host's answer.
   *
   * @param nonce {@value #NONCE_BYTES} random bytes
   * @param key recipient key that opens its sealed parts; whether it holds it is yet to be shown
   * @param maxPayload of any later frame, in bytes
   * @param maxTokens of one evaluation
   * @param traces whether it takes the spans that evaluations belong to; only for who asked
   */
  public record Host(
      int version,
      byte[] nonce,
      RecipientPublicKey key,
      int maxPayload,
      int maxTokens,
      boolean traces) {
    /** Without traces. */
    public Host(int version, byte[] nonce, RecipientPublicKey key, int maxPayload, int maxTokens) {
      this(version, nonce, key, maxPayload, maxTokens, false);
    }

    /** The payload. */
    public ByteBuffer encode() {
      return ByteBuffer.allocate(52 + RecipientPublicKey.BYTES)
          .put(MAGIC)
          .putShort((short) version)
          .putShort((short) (traces ? TRACES : 0))
          .put(nonce)
          .put(key.bytes())
          .putInt(maxPayload)
          .putInt(maxTokens)
          .flip();
    }

    /**
     * @throws HeException {@code he.protocol}
     */
    public static Host decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      requireMagic(in);
      int version = in.u16();
      if (version != VERSION) {
        throw new HeException(
            Reason.PROTOCOL, "the adapter host speaks version " + version + ", not " + VERSION);
      }
      boolean traces = asks(in.u16());
      byte[] nonce = in.bytes(NONCE_BYTES);
      RecipientPublicKey key = recipientKey(in.bytes(RecipientPublicKey.BYTES));
      Host hello =
          new Host(version, nonce, key, in.positive(1 << 30), in.positive(1 << 20), traces);
      in.end();
      return hello;
    }
  }

  private static boolean asks(int flags) {
    if ((flags & ~TRACES) != 0) {
      throw Reading.bad("a hello with unknown flags");
    }
    return flags == TRACES;
  }

  private static RecipientPublicKey recipientKey(byte[] bytes) {
    try {
      return new RecipientPublicKey(bytes);
    } catch (TsspException e) {
      throw Reading.bad("this is no recipient key");
    }
  }

  private static void requireMagic(Reading in) {
    if (!Arrays.equals(in.bytes(MAGIC.length), MAGIC)) {
      throw new HeException(Reason.PROTOCOL, "the other side does not speak this protocol");
    }
  }

  /** The seed of the random halves of a session's public keys: neither side chooses it alone. */
  public static byte[] publicSeed(Client client, Host host) {
    return seed(PUBLIC_KEY_LABEL, client, host, ByteBuffer.allocate(0));
  }

  /**
   * The seed of the random halves of the key that one tag is made under.
   *
   * @param ref the adapter's number in the session
   * @param index of the tag, from 0
   */
  public static byte[] tagSeed(Client client, Host host, int ref, int index) {
    return seed(
        TAG_KEY_LABEL, client, host, ByteBuffer.allocate(5).putInt(ref).put((byte) index).flip());
  }

  private static byte[] seed(byte[] label, Client client, Host host, ByteBuffer use) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(label);
      digest.update(client.encode());
      digest.update(host.encode());
      digest.update(use);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
