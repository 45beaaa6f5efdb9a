package dev.tensafe.server.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Says errors of a chat request in the words of the request that it was translated from. Immutable
 * and thread-safe.
 */
public final class FieldNames {
  private final List<Renaming> renamings;

  /**
   * One field.
   *
   * @param chat a pattern of its name in a chat request; in quotes for the whole name only
   * @param own what the client calls it
   */
  private record Renaming(Pattern chat, String own) {}

  private FieldNames(List<Renaming> renamings) {
    this.renamings = List.copyOf(renamings);
  }

  /** Names that stay as they are. */
  public static FieldNames same() {
    return new FieldNames(List.of());
  }

  /** The same names, with a field of a chat request that is the client's own one. */
  public FieldNames with(String chat, String own) {
    return withPattern("'" + Pattern.quote(chat) + "'", "'" + own + "'");
  }

  /** The same names, with a pattern of names and what it is replaced by. */
  public FieldNames withPattern(String chat, String own) {
    List<Renaming> more = new ArrayList<>(renamings);
    more.add(new Renaming(Pattern.compile(chat), own));
    return new FieldNames(more);
  }

  /**
   * Does something with a chat request.
   *
   * @throws ApiException what it throws, in the client's words
   */
  public <T> T in(Supplier<T> work) {
    try {
      return work.get();
    } catch (ApiException e) {
      throw e.reworded(this::rename);
    }
  }

  private String rename(String text) {
    String out = text;
    for (Renaming renaming : renamings) {
      out = renaming.chat().matcher(out).replaceAll(renaming.own());
    }
    return out;
  }
}
