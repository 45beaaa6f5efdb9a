package dev.tensafe.batching.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.model.tokenizer.TextStart;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.util.Arrays;
import java.util.Set;

/**
 * For tokenizers whose tokens are bytes: the text is their UTF-8, decoded as it comes. Bytes that
 * are no character become U+FFFD. Confined to one thread.
 */
final class ByteDecoder implements IncrementalDecoder {
  private static final byte[] NONE = {};

  /** So many bytes of context say whether a character is under way: it has at most four. */
  private static final int CONTEXT_BYTES = 8;

  private final Tokenizer tokenizer;
  private final Set<Integer> shown;
  private final TextStart start;
  private final CharsetDecoder decoder =
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** The first bytes of a character, at most three. */
  private byte[] held = NONE;

  /** Spaces that are still dropped, until the text has begun. */
  private int spaces;

  /** Kept state. */
  record Held(byte[] bytes, int spaces) implements State {}

  ByteDecoder(Tokenizer tokenizer, TextStart start, Set<Integer> shown) {
    this.tokenizer = tokenizer;
    this.shown = Set.copyOf(shown);
    this.start = start;
    this.spaces = start.spaces();
  }

  @Override
  public void precede(int[] context) {
    int from = context.length;
    for (int seen = 0; from > 0 && seen < CONTEXT_BYTES; ) {
      seen += bytes(context[--from]).length;
    }
    if (from > 0) {
      spaces = 0; // the text began before
    }
    for (; from < context.length; from++) {
      place(context[from]);
    }
  }

  @Override
  public Piece place(int token) {
    byte[] own = withoutStart(bytes(token));
    if (own.length == 0) {
      return new Piece("", 0, own);
    }
    byte[] all = Arrays.copyOf(held, held.length + own.length);
    System.arraycopy(own, 0, all, held.length, own.length);
    int before = brokenOff(all) ? 1 : 0;
    return new Piece(decoded(all, false), before, own);
  }

  @Override
  public State state() {
    return new Held(held, spaces);
  }

  @Override
  public void restore(State state) {
    Held kept = (Held) state;
    held = kept.bytes();
    spaces = kept.spaces();
  }

  @Override
  public String finish() {
    return decoded(held, true);
  }

  private byte[] bytes(int token) {
    boolean silent = tokenizer.special(token) && !shown.contains(token);
    return silent || !tokenizer.hasBytes(token) ? NONE : tokenizer.bytes(token);
  }

  private byte[] withoutStart(byte[] bytes) {
    if (spaces == 0 || bytes.length == 0) {
      return bytes;
    }
    int dropped = 0;
    while (dropped < Math.min(spaces, bytes.length) && bytes[dropped] == ' ') {
      dropped++;
    }
    boolean begun = dropped < bytes.length || start.inFirstToken();
    spaces = begun ? 0 : spaces - dropped;
    return Arrays.copyOfRange(bytes, dropped, bytes.length);
  }

  /** Whether the held bytes do not go on into those after them. */
  private boolean brokenOff(byte[] all) {
    if (held.length == 0) {
      return false;
    }
    CharBuffer out = CharBuffer.allocate(2);
    CoderResult result = UTF_8.newDecoder().decode(ByteBuffer.wrap(all), out, false);
    return result.isMalformed() && out.position() == 0 && result.length() <= held.length;
  }

  /** Decodes what is whole, all of it at the end, and holds the rest. */
  private String decoded(byte[] all, boolean last) {
    ByteBuffer in = ByteBuffer.wrap(all);
    CharBuffer out = CharBuffer.allocate(all.length + 1);
    decoder.reset();
    decoder.decode(in, out, last);
    held = Arrays.copyOfRange(all, in.position(), all.length);
    return out.flip().toString();
  }
}
