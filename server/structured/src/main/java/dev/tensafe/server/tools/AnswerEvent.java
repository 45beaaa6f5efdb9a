package dev.tensafe.server.tools;

/**
 * What an answer turned out to say. Texts of one kind follow each other in pieces; joined they are
 * the same however the answer came in.
 */
public sealed interface AnswerEvent {
  /**
   * Text for the user.
   *
   * @param text not empty
   */
  record Content(String text) implements AnswerEvent {}

  /**
   * Text the model thought by.
   *
   * @param text not empty
   */
  record Reasoning(String text) implements AnswerEvent {}

  /**
   * A call begins; its name is known, of its arguments nothing.
   *
   * @param index calls before it in the answer
   * @param id what the result of the call will be named by
   */
  record CallBegins(int index, String id, String name) implements AnswerEvent {}

  /**
   * More of a call's arguments: JSON, as the model wrote it.
   *
   * @param index of the call
   * @param text not empty
   */
  record Arguments(int index, String text) implements AnswerEvent {}

  /**
   * The call has no more arguments.
   *
   * @param index of the call
   */
  record CallEnds(int index) implements AnswerEvent {}
}
