package dev.tensafe.server.tools;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer while it is generated, and says what is text, thought and call in it. It goes by
 * characters, and none of its decisions depends on where the pieces end: events, joined, are the
 * same for every way to cut an answer into pieces.
 *
 * <p>What may become a call is held back until its name is read, and given as text if it is none:
 * nothing that was generated gets lost. From its name on a call can't be taken back; where it turns
 * out to be wrong, it ends with the arguments so far, and the rest is text. White space between
 * calls, and at the end of an answer with calls, belongs to the calls. Confined to one thread.
 */
public final class AnswerParser {
  /**
   * Characters within which a call is looked for in what turned out to be none. What was held for
   * longer is text as a whole: else a text made for it would be read over and over.
   */
  private static final int LOOKED_AGAIN = 1_000;

  /** Characters to be read, and how far they are. */
  private static final class Unread {
    final String text;
    int at;

    Unread(String text) {
      this.text = text;
    }
  }

  private final EventList out = new EventList();
  private final @Nullable ToolFormat format;
  private final CallSink calls;
  private final ThinkingPart thinking;
  private final Deque<Unread> again = new ArrayDeque<>();

  /** What reads something that may be a call; null in text. */
  private @Nullable Piece reader;

  /** What the reader has read since it began, or since its last call ended. */
  private final StringBuilder held = new StringBuilder();

  /** White space whose meaning depends on what follows. */
  private final StringBuilder spaces = new StringBuilder();

  private int callsBefore;
  private boolean textBefore;
  private boolean afterCall;

  /**
   * @param format null for answers without calls
   * @param tools those of the request; a call of another is text
   * @param ids an id for each call
   */
  public AnswerParser(
      @Nullable ToolFormat format, List<Tool> tools, Thinking thinking, Supplier<String> ids) {
    this.format = tools.isEmpty() ? null : format;
    Map<String, Tool> byName = new LinkedHashMap<>();
    tools.forEach(tool -> byName.put(tool.name(), tool));
    this.calls = new CallSink(byName, ids, out);
    this.thinking = new ThinkingPart(thinking, out, this::answer);
  }

  /**
   * Reads on.
   *
   * @param text the next characters of the answer; surrogate pairs are not cut
   * @return what is certain by now
   */
  public List<AnswerEvent> feed(String text) {
    for (int i = 0; i < text.length(); i++) {
      thinking.put(text.charAt(i));
    }
    return out.take();
  }

  /**
   * The answer is over, by itself or cut: what was held back is text, an open call ends with the
   * arguments so far.
   */
  public List<AnswerEvent> end() {
    thinking.end();
    while (reader != null) {
      stop();
      drain();
    }
    if (calls.count() == 0) {
      out.content(spaces);
    }
    spaces.setLength(0);
    return out.take();
  }

  /** Calls that began: the answer's reason to finish is {@code tool_calls} if there are any. */
  public int calls() {
    return calls.count();
  }

  private void answer(char c) {
    if (format == null) {
      out.content(c);
    } else {
      read(format, c);
      drain();
    }
  }

  private void drain() {
    while (format != null && !again.isEmpty()) {
      Unread next = again.element();
      if (next.at == next.text.length()) {
        again.remove();
      } else {
        read(format, next.text.charAt(next.at++));
      }
    }
  }

  private void read(ToolFormat from, char c) {
    if (reader == null) {
      reader = from.reader(c, afterCall, calls);
      callsBefore = calls.count();
      if (reader == null) {
        text(c);
        return;
      }
    }
    boolean wasOpen = calls.isOpen();
    switch (reader.read(c)) {
      case MORE -> {
        held.append(c);
        if (wasOpen || calls.isOpen()) {
          held.setLength(0);
        }
      }
      case LAST -> ended();
      case BEFORE -> {
        ended();
        again.push(new Unread(String.valueOf(c)));
      }
      case WRONG -> {
        if (held.isEmpty() && !begun()) {
          reader = null;
          text(c);
        } else {
          again.push(new Unread(String.valueOf(c)));
          if (begun()) {
            String behind = held.toString();
            calls.end();
            ended();
            readAgain(behind);
          } else {
            stop();
          }
        }
      }
    }
  }

  private boolean begun() {
    return calls.count() > callsBefore;
  }

  private void ended() {
    reader = null;
    held.setLength(0);
    afterCall = true;
  }

  /** Nothing more comes for the reader. */
  private void stop() {
    if (begun()) {
      calls.end();
      ended();
      return;
    }
    String none = held.toString();
    reader = null;
    held.setLength(0);
    text(none.charAt(0));
    readAgain(none.substring(1));
  }

  private void readAgain(String none) {
    if (none.length() <= LOOKED_AGAIN) {
      again.push(new Unread(none));
      return;
    }
    for (int i = 0; i < none.length(); i++) {
      text(none.charAt(i));
    }
  }

  private void text(char c) {
    if (Piece.isSpace(c)) {
      spaces.append(c);
      return;
    }
    if (textBefore || calls.count() == 0) {
      out.content(spaces);
    }
    spaces.setLength(0);
    out.content(c);
    textBefore = true;
    afterCall = false;
  }
}
