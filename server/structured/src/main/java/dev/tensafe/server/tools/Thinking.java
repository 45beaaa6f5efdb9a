package dev.tensafe.server.tools;

import java.util.List;

/** Whether an answer begins with thoughts. */
public enum Thinking {
  /** It has none: {@code <think>} is text as any other. */
  NONE,

  /** It may begin with {@code <think>}. */
  POSSIBLE,

  /** The prompt ends with {@code <think>}. */
  OPENED;

  /**
   * Texts around thoughts; where they are special tokens, they must be part of the answer's text.
   */
  public static final List<String> MARKERS = List.of("<think>", "</think>");

  /**
   * What to expect.
   *
   * @param template the chat template
   * @param prompt what it made of the request
   */
  public static Thinking of(String template, String prompt) {
    String end = prompt.stripTrailing();
    if (end.endsWith("<think>")) {
      return OPENED;
    }
    // a prompt that has closed it says: no thoughts this time
    boolean possible = template.contains("think>") && !end.endsWith("</think>");
    return possible ? POSSIBLE : NONE;
  }
}
