package dev.tensafe.server.message;

import dev.tensafe.server.tools.AnswerEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a message in the order in which they came. One part is open at a time; the next one
 * ends it. Confined to the request's context.
 */
public final class MessageParts {
  private final PartListener listener;
  private final List<MessagePart> parts = new ArrayList<>();
  private @Nullable MessagePart open;
  private int thoughtTokens;

  /**
   * @param listener told of every change
   */
  public MessageParts(PartListener listener) {
    this.listener = listener;
  }

  /**
   * Reads what an output says.
   *
   * @param tokens that it was generated in
   */
  public void read(List<AnswerEvent> events, int tokens) {
    boolean thought = false;
    for (AnswerEvent event : events) {
      thought |= event instanceof AnswerEvent.Reasoning;
      read(event);
    }
    MessagePart last = open;
    if (thought || (last != null && last.kind() == MessagePart.Kind.THOUGHTS)) {
      thoughtTokens += tokens;
    }
  }

  private void read(AnswerEvent event) {
    if (event instanceof AnswerEvent.Content content) {
      grow(ofKind(MessagePart.Kind.TEXT), content.text());
    } else if (event instanceof AnswerEvent.Reasoning thought) {
      grow(ofKind(MessagePart.Kind.THOUGHTS), thought.text());
    } else if (event instanceof AnswerEvent.CallBegins call) {
      begin(MessagePart.call(parts.size(), call.id(), call.name()));
    } else if (event instanceof AnswerEvent.Arguments more && open != null) {
      grow(open, more.text());
    } else if (event instanceof AnswerEvent.CallEnds) {
      close(true);
    }
  }

  /**
   * Reads what an output's end says, and ends the last part with it.
   *
   * @param cut whether something else than the model ended it
   */
  public void end(List<AnswerEvent> events, boolean cut) {
    for (AnswerEvent event : events) {
      if (!(event instanceof AnswerEvent.CallEnds)) {
        read(event);
      }
    }
    close(!cut);
  }

  private MessagePart ofKind(MessagePart.Kind kind) {
    MessagePart last = open;
    return last != null && last.kind() == kind ? last : begin(MessagePart.text(parts.size(), kind));
  }

  private MessagePart begin(MessagePart part) {
    close(true);
    open = part;
    parts.add(part);
    listener.begins(part);
    return part;
  }

  private void grow(MessagePart part, String text) {
    part.add(text);
    listener.grows(part, text);
  }

  private void close(boolean whole) {
    MessagePart last = open;
    if (last != null) {
      open = null;
      if (whole) {
        last.complete();
      }
      listener.ends(last);
    }
  }

  /** The parts, in order. */
  public List<MessagePart> list() {
    return List.copyOf(parts);
  }

  /** Tokens that came with thoughts. */
  public int thoughtTokens() {
    return thoughtTokens;
  }

  /** Sizes only. */
  @Override
  public String toString() {
    return "MessageParts" + parts;
  }
}
