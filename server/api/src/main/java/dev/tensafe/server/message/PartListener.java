package dev.tensafe.server.message;

/** Hears how a message grows, part by part: each begins, grows and ends before the next one. */
public interface PartListener {
  /** Hears nothing. */
  PartListener NONE =
      new PartListener() {
        @Override
        public void begins(MessagePart part) {}

        @Override
        public void grows(MessagePart part, String text) {}

        @Override
        public void ends(MessagePart part) {}
      };

  /** A part begins; it has no text yet. */
  void begins(MessagePart part);

  /**
   * A part has grown by a text.
   *
   * @param text not empty
   */
  void grows(MessagePart part, String text);

  /** A part has all its text. */
  void ends(MessagePart part);
}
