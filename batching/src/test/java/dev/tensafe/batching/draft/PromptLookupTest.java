package dev.tensafe.batching.draft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.sample.MaskChain;
import dev.tensafe.batching.sample.SamplingParams;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
  private static DraftRequest request(long sequence, int limit, int... tokens) {
    // more room than tokens, as sequences have it
    int[] room = Arrays.copyOf(tokens, tokens.length + 5);
    Arrays.fill(room, tokens.length, room.length, -7);
    return new DraftRequest(
        sequence, room, tokens.length, 1, limit, SamplingParams.greedy(9), MaskChain.NONE);
  }

  private static int[] guess(PromptLookup lookup, long sequence, int limit, int... tokens) {
    List<Draft> drafts = lookup.draft(List.of(request(sequence, limit, tokens)));
    assertEquals(1, drafts.size());
    return drafts.get(0).tokens();
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
    Draft draft = new PromptLookup().draft(List.of(request(1, 3, 5, 6, 7, 8, 9, 5, 6))).get(0);
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
