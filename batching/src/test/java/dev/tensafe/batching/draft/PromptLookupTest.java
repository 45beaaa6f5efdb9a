package dev.tensafe.batching.draft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.sample.MaskChain;
import dev.tensafe.batching.sample.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
  private static DraftRequest request(long sequence, int limit, int... tokens) {
    // more room than tokens, as sequences have it
    int[] room = Arrays.copyOf(tokens, tokens.length + 5);
    Arrays.fill(room, tokens.length, room.length, -7);
    return new DraftRequest(
        sequence, room, tokens.length, 1, limit, SamplingParams.greedy(9), MaskChain.NONE);
  }

  private static Draft draft(PromptLookup lookup, DraftRequest request) {
    lookup.read(List.of(request));
    List<Draft> drafts = lookup.draft(List.of(request));
    assertEquals(1, drafts.size());
    return drafts.get(0);
  }

  private static int[] guess(PromptLookup lookup, long sequence, int limit, int... tokens) {
    return draft(lookup, request(sequence, limit, tokens)).tokens();
  }

  @Test
  void whatFollowedTheLongestMatchIsGuessed() {
    PromptLookup lookup = new PromptLookup();
    assertArrayEquals(new int[] {7, 8}, guess(lookup, 1, 2, 5, 6, 7, 8, 9, 6, 4, 5, 6));
    assertArrayEquals(new int[0], guess(lookup, 2, 2, 1, 2, 3));
    assertArrayEquals(new int[0], guess(lookup, 3, 2, 1));
  }

  @Test
  void whatRepeatsIsGuessedBeyondTheEnd() {
    PromptLookup lookup = new PromptLookup();
    assertArrayEquals(new int[] {3, 1, 2, 3, 1, 2, 3}, guess(lookup, 1, 7, 1, 2, 3, 1, 2, 3, 1, 2));
    assertArrayEquals(new int[] {4, 4, 4}, guess(lookup, 2, 3, 4, 4));
  }

  @Test
  void longerMatchesAndCertainOnesHaveHigherGrades() {
    int before = -1;
    for (int length = 1; length < 1000; length++) {
      int grade = PromptLookup.grade(length, false);
      assertTrue(grade >= before, "length " + length);
      assertEquals(grade + 1, PromptLookup.grade(length, true));
      assertTrue(grade + 1 < Draft.GRADES);
      before = grade;
    }
    Draft draft = draft(new PromptLookup(), request(1, 3, 5, 6, 7, 8, 9, 5, 6));
    assertArrayEquals(
        new int[] {
          PromptLookup.grade(2, true), PromptLookup.grade(3, true), PromptLookup.grade(4, true)
        },
        draft.grades());
  }

  @Test
  void aSequenceSeesItsOwnTokensOnly() {
    PromptLookup lookup = new PromptLookup();
    guess(lookup, 1, 4, 1, 2, 3, 4, 5, 6);
    assertArrayEquals(new int[0], guess(lookup, 2, 4, 9, 1, 2));
    lookup.ended(1);
    assertArrayEquals(new int[0], guess(lookup, 1, 4, 9, 1, 2));
  }

  @Test
  void tokensThatWereDroppedAreForgotten() {
    PromptLookup lookup = new PromptLookup();
    guess(lookup, 1, 4, 1, 2, 3, 9, 9, 9);
    assertArrayEquals(new int[] {2, 3, 1}, guess(lookup, 1, 3, 1, 2, 3, 1));
  }

  @Test
  void aLongPromptIsTakenInOverSeveralStepsAndGuessesBeginThen() {
    int[] tokens = new int[2 * PromptLookup.PER_STEP + 100];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = i;
    }
    tokens[tokens.length - 1] = 17;
    PromptLookup lookup = new PromptLookup();
    assertArrayEquals(new int[0], guess(lookup, 1, 2, tokens));
    assertArrayEquals(new int[0], guess(lookup, 1, 2, tokens));
    assertArrayEquals(new int[] {18, 19}, guess(lookup, 1, 2, tokens));
  }

  @Test
  void aStepReadsSoManyTokensOfAllSequencesAndSaysWhoIsReady() {
    PromptLookup lookup = new PromptLookup();
    int[] half = new int[PromptLookup.PER_STEP / 2 + 10];
    List<DraftRequest> three =
        List.of(request(1, 2, half), request(2, 2, half), request(3, 2, 5, 5));
    assertEquals(Set.of(0), ready(lookup, three));
    assertEquals(PromptLookup.PER_STEP, lookup.held());
    assertEquals(Set.of(0, 1, 2), ready(lookup, three));
    assertEquals(2 * half.length + 2, lookup.held());
    // nothing is new
    assertEquals(Set.of(0, 1, 2), ready(lookup, three));
    assertEquals(2 * half.length + 2, lookup.held());
  }

  @Test
  void whatIsReadyDependsOnNumbersOfTokensAlone() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    PromptLookup copies = new PromptLookup(64, 300);
    PromptLookup noise = new PromptLookup(64, 300);
    int[] lengths = new int[5];
    Arrays.setAll(lengths, i -> 1 + random.nextInt(90));
    for (int step = 0; step < 200; step++) {
      List<DraftRequest> same = new ArrayList<>();
      List<DraftRequest> other = new ArrayList<>();
      for (int s = 0; s < lengths.length; s++) {
        lengths[s] += random.nextInt(4);
        same.add(request(s, 3, new int[lengths[s]]));
        other.add(request(s, 3, new Random(s).ints(lengths[s]).toArray()));
      }
      assertEquals(ready(copies, same), ready(noise, other), "seed " + seed);
    }
  }

  @Test
  void whatWasNotReadIsNotGuessedFrom() {
    PromptLookup lookup = new PromptLookup();
    DraftRequest request = request(1, 2, 5, 6, 7, 5, 6);
    assertEquals(0, lookup.draft(List.of(request)).get(0).length());
    assertEquals(0, lookup.held());
    assertArrayEquals(new int[] {7, 5}, draft(lookup, request).tokens());
    // one token more
    assertEquals(0, lookup.draft(List.of(request(1, 2, 5, 6, 7, 5, 6, 7))).get(0).length());
  }

  private static Set<Integer> ready(PromptLookup lookup, List<DraftRequest> requests) {
    return lookup.read(requests).ready().stream().boxed().collect(Collectors.toSet());
  }

  @Test
  void whatIsAssumedRisesWithTheMatchAndIsAShare() {
    for (int grade = 0; grade < Draft.GRADES; grade++) {
      double share = new PromptLookup().assumed(grade);
      assertTrue(share > 0 && share < 1, "grade " + grade);
      assertTrue(grade < 2 || share >= new PromptLookup().assumed(grade - 2), "grade " + grade);
    }
  }

  @Test
  void whatIsKeptIsBoundedAndGuessesGoOn() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int window = 64;
    int most = 200;
    PromptLookup lookup = new PromptLookup(window, most);
    int[][] texts = new int[6][];
    for (int s = 0; s < texts.length; s++) {
      texts[s] = new int[] {10 + s};
    }
    int guessed = 0;
    for (int step = 0; step < 3000; step++) {
      int s = random.nextInt(texts.length);
      int[] text = Arrays.copyOf(texts[s], texts[s].length + 1);
      text[text.length - 1] = (text.length % 9) * 10 + s;
      texts[s] = text;
      int[] draft = guess(lookup, s, 3, text);
      for (int i = 0; i < draft.length; i++) {
        assertEquals(((text.length + 1 + i) % 9) * 10 + s, draft[i], "what repeats is guessed");
      }
      guessed += draft.length > 0 ? 1 : 0;
      assertTrue(lookup.held() <= most, lookup.held() + " tokens");
      if (random.nextInt(40) == 0) {
        lookup.ended(s);
        texts[s] = new int[] {10 + s};
      }
    }
    assertTrue(guessed > 300, "seed " + seed + ": " + guessed + " guesses");
    for (int s = 0; s < texts.length; s++) {
      lookup.ended(s);
    }
    assertEquals(0, lookup.held());
  }
}
