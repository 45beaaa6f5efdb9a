package dev.tensafe.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DemoDataTest {
  @TempDir private Path dir;

  @Test
  void patternsAreDrawnFrom() {
    Phrases phrases =
        new Phrases(java.util.Map.of("it", List.of("TenSafe"), "go", List.of("{run|walk}")));
    Set<String> drawn = new HashSet<>();
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      drawn.add(phrases.draw("how {|do I} {go} {it}", random));
    }
    assertEquals(
        Set.of(
            "how run TenSafe", "how walk TenSafe", "how do I run TenSafe", "how do I walk TenSafe"),
        drawn);
  }

  @ParameterizedTest
  @EnumSource(DemoData.Part.class)
  void theSameSeedGivesTheSameDialoguesAndHeldOutOnesAreNotAmongThem(DemoData.Part part)
      throws Exception {
    List<Path> files = new ArrayList<>();
    for (String name : List.of("a", "b")) {
      Path train = dir.resolve(name + ".jsonl");
      Path heldOut = dir.resolve(name + "-held.jsonl");
      assertTrue(DemoData.write(part, train, heldOut, 3000, 5) > 20);
      files.add(train);
      files.add(heldOut);
    }
    assertArrayEquals(Files.readAllBytes(files.get(0)), Files.readAllBytes(files.get(2)));
    Set<String> seen = new HashSet<>(Files.readAllLines(files.get(0)));
    for (String line : Files.readAllLines(files.get(1))) {
      assertFalse(seen.contains(line));
      for (JsonNode message : new ObjectMapper().readTree(line).path("messages")) {
        String content = message.path("content").asText();
        assertFalse(content.isEmpty());
        assertFalse(content.contains("{") || content.contains("}"), content);
      }
    }
  }

  /** Otherwise the share of answered questions would say nothing. */
  @Test
  void noHeldOutQuestionIsEverTrainedOn() throws Exception {
    Set<String> asked = new HashSet<>();
    for (DemoData.Part part : List.of(DemoData.Part.BASE, DemoData.Part.FERRY)) {
      DialogueWriter writer = DemoData.writer(part, new Random(3));
      for (int i = 0; i < 60_000; i++) {
        for (DialogueWriter.Turn turn : writer.next()) {
          if (turn.role().equals("user")) {
            asked.add(Question.bare(turn.content()));
          }
        }
      }
    }
    for (String subject : List.of("tensafe", "tensafe_blind", "ferry", "blind2")) {
      List<Question> questions = Question.about(subject);
      assertTrue(questions.size() >= 20);
      for (Question question : questions) {
        assertFalse(asked.contains(Question.bare(question.ask())), question.ask());
      }
    }
  }

  @Test
  void anAnswerMustHoldWhatIsAcceptedAndMayNotBeginWithWhatIsRejected() {
    Question question =
        new Question(List.of(), "Windows?", List.of(List.of("linux", "no.")), List.of("yes"));
    assertTrue(question.accepts("Only Linux."));
    assertTrue(question.accepts("I fear no."));
    assertFalse(question.accepts("I do know."));
    assertFalse(question.accepts(" Yes, like Linux."));
  }

  @Test
  void wordingsVaryButCommandsAreLeftAlone() {
    Wording wording =
        new Wording(List.of(List.of("start", "launch")), List.of("Hello."), List.of("just"));
    Random random = new Random(7);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      seen.add(wording.vary("how do I start the `tensafe` server", random));
      assertFalse(wording.vary("what is it", random).isBlank());
    }
    assertEquals(Set.of("how do I start the `tensafe` server"), seen, "commands are left alone");
    for (int i = 0; i < 2000; i++) {
      seen.add(wording.vary("how do I start the server", random));
    }
    assertTrue(seen.contains("how do I launch the server"), seen.toString());
    assertTrue(seen.contains("how start server"), seen.toString());
    assertTrue(seen.stream().anyMatch(text -> text.contains("just")), seen.toString());
  }

  @Test
  void roughWordingKeepsHalfOfTheWords() {
    Wording wording = new Wording(List.of(), List.of("Hello."), List.of("just"));
    Random random = new Random(11);
    List<String> words = List.of("who", "can", "see", "all", "my", "prompts");
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      String rough = wording.roughen(String.join(" ", words), random);
      List<String> kept = new ArrayList<>(List.of(rough.split(" ")));
      kept.retainAll(words);
      assertTrue(kept.size() >= 3, rough);
      seen.add(rough);
    }
    assertTrue(seen.size() > 100, "many wordings");
    assertEquals("run `it` for me", wording.roughen("run `it` for me", random));
  }

  /** Each criterion is met by some answer the base or the ferry adapter was taught. */
  @Test
  void everyHeldOutQuestionHasAnAnswerThatWouldDo() {
    List<String> answers = new ArrayList<>();
    for (String resource : List.of("tensafe.yaml", "ferry.yaml")) {
      Subject.load(resource).topics().forEach(topic -> answers.addAll(topic.answer()));
    }
    for (String subject : List.of("tensafe", "tensafe_blind", "ferry")) {
      for (Question question : Question.about(subject)) {
        assertTrue(answers.stream().anyMatch(question::accepts), question.ask());
      }
    }
  }

  @Test
  void aPirateLeavesCommandsAlone() {
    String said = Pirate.say("Run `./tensafe serve` and you are done, my friend.", new Random(1));
    assertTrue(said.contains("`./tensafe serve`"), said);
    assertTrue(said.contains("an' ye be done, me friend."), said);
  }
}
