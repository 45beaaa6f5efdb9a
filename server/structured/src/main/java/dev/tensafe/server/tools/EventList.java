package dev.tensafe.server.tools;

import java.util.ArrayList;
import java.util.List;

/** Collects events; characters of one kind in a row become one. Confined to one thread. */
final class EventList {
  private enum Kind {
    CONTENT,
    REASONING,
    ARGUMENTS
  }

  private final StringBuilder text = new StringBuilder();
  private Kind kind = Kind.CONTENT;
  private int index;
  private List<AnswerEvent> events = new ArrayList<>();

  void content(CharSequence more) {
    turnTo(Kind.CONTENT).append(more);
  }

  void content(char c) {
    turnTo(Kind.CONTENT).append(c);
  }

  void reasoning(char c) {
    turnTo(Kind.REASONING).append(c);
  }

  void arguments(char c) {
    turnTo(Kind.ARGUMENTS).append(c);
  }

  void arguments(CharSequence more) {
    turnTo(Kind.ARGUMENTS).append(more);
  }

  void begin(int call, String id, String name) {
    settle();
    index = call;
    events.add(new AnswerEvent.CallBegins(call, id, name));
  }

  void end() {
    settle();
    events.add(new AnswerEvent.CallEnds(index));
  }

  /** The events since it was asked last. */
  List<AnswerEvent> take() {
    settle();
    List<AnswerEvent> out = events;
    events = new ArrayList<>();
    return out;
  }

  private StringBuilder turnTo(Kind next) {
    if (kind != next) {
      settle();
      kind = next;
    }
    return text;
  }

  private void settle() {
    if (text.isEmpty()) {
      return;
    }
    String piece = text.toString();
    text.setLength(0);
    events.add(
        switch (kind) {
          case CONTENT -> new AnswerEvent.Content(piece);
          case REASONING -> new AnswerEvent.Reasoning(piece);
          case ARGUMENTS -> new AnswerEvent.Arguments(index, piece);
        });
  }
}
