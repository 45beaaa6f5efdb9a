package dev.tensafe.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.file.AtomicFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Writes the demo's dialogues as files of chat messages. The same seed gives the same files. */
public final class DemoData {
  /** The training of the demo that a file is for. */
  public enum Part {
    /** The model: this project, small talk, and not knowing the rest. */
    BASE(0),
    /**
     * The model again: the same, worded roughly, so that it goes by the words and not by their
     * order.
     */
    ROUGH(3),
    /** The same answers, said by a pirate. */
    PIRATE(1),
    /** A ferry line, with a part of the model's own dialogues. */
    FERRY(2);

    private final int seedOffset;

    Part(int seedOffset) {
      this.seedOffset = seedOffset;
    }

    /** What its seed is above the demo's: another number gives other dialogues. */
    int seedOffset() {
      return seedOffset;
    }
  }

  private DemoData() {}

  /**
   * Writes a file of training dialogues and one of held-out ones that are not among them.
   *
   * @return how many held-out ones there are
   */
  public static int write(Part part, Path train, Path heldOut, int count, long seed)
      throws IOException {
    DialogueWriter writer = writer(part, new Random(seed));
    Set<List<DialogueWriter.Turn>> seen = new HashSet<>();
    List<List<DialogueWriter.Turn>> dialogues = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<DialogueWriter.Turn> dialogue = writer.next();
      seen.add(dialogue);
      dialogues.add(dialogue);
    }
    lines(train, dialogues);
    dialogues.clear();
    for (int i = 0; i < count / 50; i++) {
      List<DialogueWriter.Turn> dialogue = writer.next();
      if (seen.add(dialogue)) {
        dialogues.add(dialogue);
      }
    }
    lines(heldOut, dialogues);
    return dialogues.size();
  }

  static DialogueWriter writer(Part part, RandomGenerator random) {
    Subject tensafe = Subject.load("tensafe.yaml");
    return switch (part) {
      case BASE -> new DialogueWriter(List.of(tensafe), List.of(1.0), (a, r) -> a, false, random);
      case ROUGH -> new DialogueWriter(List.of(tensafe), List.of(1.0), (a, r) -> a, true, random);
      case PIRATE -> new DialogueWriter(List.of(tensafe), List.of(1.0), Pirate::say, false, random);
      case FERRY ->
          new DialogueWriter(
              List.of(tensafe, Subject.load("ferry.yaml")),
              List.of(0.35, 0.65),
              (a, r) -> a,
              false,
              random);
    };
  }

  private static void lines(Path file, List<List<DialogueWriter.Turn>> dialogues)
      throws IOException {
    AtomicFile.write(
        file,
        channel -> {
          BufferedWriter out = new BufferedWriter(Channels.newWriter(channel, UTF_8));
          for (List<DialogueWriter.Turn> dialogue : dialogues) {
            line(out, dialogue);
          }
          out.flush();
        });
  }

  private static void line(BufferedWriter out, List<DialogueWriter.Turn> dialogue)
      throws IOException {
    ObjectNode record = new ObjectMapper().createObjectNode();
    ArrayNode messages = record.putArray("messages");
    for (DialogueWriter.Turn turn : dialogue) {
      messages.addObject().put("role", turn.role()).put("content", turn.content());
    }
    out.write(record.toString());
    out.newLine();
  }
}
