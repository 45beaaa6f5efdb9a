package dev.tensafe.server.openai;

import dev.tensafe.server.tools.AnswerEvent;
import dev.tensafe.server.tools.AnswerParser;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An assistant's message as it is read from an output: text, thoughts, calls. Confined to the
 * request's context.
 */
public final class ReadMessage {
  private final AnswerParser parser;
  private final boolean withReasoning;
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<Call> calls = new ArrayList<>();
  private boolean cut;

  /**
   * @param withReasoning whether thoughts are part of the message
   */
  public ReadMessage(AnswerParser parser, boolean withReasoning) {
    this.parser = parser;
    this.withReasoning = withReasoning;
  }

  /** A call of a tool. */
  public static final class Call {
    private final String id;
    private final String name;
    private final StringBuilder arguments = new StringBuilder();

    private Call(String id, String name) {
      this.id = id;
      this.name = name;
    }

    /** What its result is named by. */
    public String id() {
      return id;
    }

    /** The tool's name. */
    public String name() {
      return name;
    }

    /** JSON, as it was generated. */
    public String arguments() {
      return arguments.toString();
    }

    /** Its name only. */
    @Override
    public String toString() {
      return "Call[" + name + "]";
    }
  }

  /** Reads more of the output. */
  public List<AnswerEvent> read(String text) {
    return keep(parser.feed(text));
  }

  /** The output is over. */
  public List<AnswerEvent> end() {
    List<AnswerEvent> events = keep(parser.end());
    // a call that ends only now did not end by itself
    cut = events.stream().anyMatch(AnswerEvent.CallEnds.class::isInstance);
    return events;
  }

  private List<AnswerEvent> keep(List<AnswerEvent> events) {
    List<AnswerEvent> kept = new ArrayList<>(events.size());
    for (AnswerEvent event : events) {
      if (event instanceof AnswerEvent.Content text) {
        content.append(text.text());
      } else if (event instanceof AnswerEvent.Reasoning thought) {
        if (!withReasoning) {
          continue;
        }
        reasoning.append(thought.text());
      } else if (event instanceof AnswerEvent.CallBegins call) {
        calls.add(new Call(call.id(), call.name()));
      } else if (event instanceof AnswerEvent.Arguments more) {
        calls.get(more.index()).arguments.append(more.text());
      }
      kept.add(event);
    }
    return kept;
  }

  /** The text; null where calls stand in its place. */
  public @Nullable String content() {
    return content.isEmpty() && !calls.isEmpty() ? null : content.toString();
  }

  /** What the model thought by; empty for none. */
  public String reasoning() {
    return reasoning.toString();
  }

  /** The calls, in order. */
  public List<Call> calls() {
    return List.copyOf(calls);
  }

  /** Whether the output ended within a call. */
  public boolean cut() {
    return cut;
  }

  /** Sizes only. */
  @Override
  public String toString() {
    return "ReadMessage[" + calls.size() + " calls]";
  }
}
