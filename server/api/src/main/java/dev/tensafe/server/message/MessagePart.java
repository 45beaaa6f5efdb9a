package dev.tensafe.server.message;

import org.jspecify.annotations.Nullable;

/** A text, thoughts or a call within a message. Confined to the request's context. */
public final class MessagePart {
  /** What a part is. */
  public enum Kind {
    /** Text for the user. */
    TEXT,
    /** Text the model thought by. */
    THOUGHTS,
    /** A call of a tool. */
    CALL
  }

  private final int index;
  private final Kind kind;
  private final @Nullable String callId;
  private final @Nullable String name;
  private final StringBuilder text = new StringBuilder();
  private boolean whole;

  private MessagePart(int index, Kind kind, @Nullable String callId, @Nullable String name) {
    this.index = index;
    this.kind = kind;
    this.callId = callId;
    this.name = name;
  }

  static MessagePart text(int index, Kind kind) {
    return new MessagePart(index, kind, null, null);
  }

  static MessagePart call(int index, String id, String name) {
    return new MessagePart(index, Kind.CALL, id, name);
  }

  void add(String more) {
    text.append(more);
  }

  void complete() {
    whole = true;
  }

  /** Parts before it in the message. */
  public int index() {
    return index;
  }

  public Kind kind() {
    return kind;
  }

  /**
   * What the result of a call is named by.
   *
   * @throws IllegalStateException for what is no call
   */
  public String callId() {
    return ofCall(callId);
  }

  /**
   * The tool that is called.
   *
   * @throws IllegalStateException for what is no call
   */
  public String name() {
    return ofCall(name);
  }

  /** The text so far; of a call, its arguments: JSON, as it was generated. */
  public String text() {
    return text.toString();
  }

  /** Whether it ended by itself, and not with the output. */
  public boolean whole() {
    return whole;
  }

  private static String ofCall(@Nullable String value) {
    if (value == null) {
      throw new IllegalStateException("a part that is no call");
    }
    return value;
  }

  /** Kind and place only. */
  @Override
  public String toString() {
    return "MessagePart[" + index + ", " + kind + "]";
  }
}
