package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/**
 * Pieces one after the other; which is next is decided when its first character is there. Never
 * says {@link Fate#LAST}: that nothing follows is known when something else does.
 */
abstract class Script implements Piece {
  private @Nullable Piece now;

  /**
   * The piece that is next.
   *
   * @param c the first character behind the last piece
   * @return null where the script is over
   */
  abstract @Nullable Piece next(char c);

  /** A piece is complete. */
  void done(Piece piece) {}

  @Override
  public final Fate read(char c) {
    while (true) {
      if (now == null) {
        now = next(c);
        if (now == null) {
          return Fate.BEFORE;
        }
      }
      switch (now.read(c)) {
        case MORE -> {
          return Fate.MORE;
        }
        case LAST -> {
          leave(now);
          return Fate.MORE;
        }
        case BEFORE -> leave(now);
        case WRONG -> {
          return Fate.WRONG;
        }
      }
    }
  }

  private void leave(Piece piece) {
    now = null;
    done(piece);
  }
}
