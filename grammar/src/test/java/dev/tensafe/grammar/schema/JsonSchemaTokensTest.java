package dev.tensafe.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Instances of real schemas as tokens of real vocabularies. */
class JsonSchemaTokensTest {
  /** One mask in so many is looked at; that the others say the same, MatcherTest shows. */
  private static final int MASKS = 12;

  /** A vocabulary: bytes by token, and the other way round. */
  private record Words(TokenTrie trie, Map<String, Integer> ids) {
    static Words of(Tokenizer tokenizer) {
      List<byte[]> texts = new ArrayList<>();
      Map<String, Integer> ids = new HashMap<>();
      for (int id = 0; tokenizer.hasBytes(id) || tokenizer.hasBytes(id + 1); id++) {
        boolean none = !tokenizer.hasBytes(id) || tokenizer.special(id);
        texts.add(none ? new byte[0] : tokenizer.bytes(id));
        ids.putIfAbsent(new String(texts.get(id), StandardCharsets.ISO_8859_1), id);
      }
      return new Words(TokenTrie.of(texts), ids);
    }

    /** The tokens of a text; without the blank that SentencePiece puts before one. */
    List<Integer> tokens(Tokenizer tokenizer, String text) {
      List<Integer> tokens = new ArrayList<>();
      for (int id : tokenizer.encode(text, false)) {
        tokens.add(id);
      }
      String first = new String(tokenizer.bytes(tokens.get(0)), StandardCharsets.ISO_8859_1);
      if (first.startsWith(" ") && !text.startsWith(" ")) {
        tokens.remove(0);
        Integer same = ids.get(first.substring(1));
        if (same != null && first.length() > 1) {
          tokens.add(0, same);
        } else if (first.length() > 1) {
          for (int i = first.length() - 1; i > 0; i--) {
            tokens.add(0, ids.getOrDefault(first.substring(i, i + 1), -1));
          }
        }
      }
      return tokens;
    }
  }

  private static boolean has(long[] mask, int token) {
    return (mask[token >>> 6] >>> (token & 63) & 1) != 0;
  }

  @Test
  void validInstancesAreNeverMaskedAndInvalidOnesAre() throws IOException {
    List<JsonNode> rows = JsonSchemaCorpusTest.realSchemas();
    long seed = System.nanoTime();
    System.out.println("JsonSchemaTokensTest seed " + seed);
    Random random = new Random(seed);
    int[] followed = new int[2];
    List<String> refused = new ArrayList<>();
    try (Tokenizer phi2 = Tokenizer.load(Shared.path("fixtures/tokenizers/phi-2"));
        Tokenizer phi3 = Tokenizer.load(Shared.path("fixtures/tokenizers/phi-3-mini"))) {
      Map<Tokenizer, Words> words = Map.of(phi2, Words.of(phi2), phi3, Words.of(phi3));
      for (JsonNode row : rows) {
        CompiledGrammar bytes;
        Map<Tokenizer, CompiledGrammar> compiled = new HashMap<>();
        try {
          Grammar grammar = JsonSchemaReader.grammar(row.get("schema"), SchemaOptions.DEFAULT);
          bytes = Feeding.compile(grammar);
          for (Tokenizer tokenizer : List.of(phi2, phi3)) {
            compiled.put(tokenizer, Feeding.compile(grammar, words.get(tokenizer).trie()));
          }
        } catch (GrammarException e) {
          refused.add(row.get("name").asText());
          continue;
        }
        for (Tokenizer tokenizer : List.of(phi2, phi3)) {
          Words of = words.get(tokenizer);
          for (JsonNode test : row.get("tests")) {
            JsonNode value = Feeding.normal(test.get("data"));
            JsonNode ordered = Feeding.ordered(bytes, value, row.get("schema"));
            String text = (ordered == null ? value : ordered).toString();
            String label = row.get("name") + " seed " + seed + " " + text;
            boolean end =
                assertDoesNotThrow(
                    () -> followed(compiled.get(tokenizer), of.tokens(tokenizer, text), random),
                    label);
            assertEquals(ordered != null, end, label);
            followed[end ? 1 : 0]++;
          }
        }
      }
    }
    int before = JsonSchemaCorpusTest.table("real").get("refusedWithTokens").asInt();
    assertTrue(refused.size() <= before, refused.size() + " refused, not " + before + refused);
    System.out.println(refused.size() + " refused");
    System.out.println(followed[1] + " followed to their end, " + followed[0] + " not");
    assertTrue(followed[1] > 1200 && followed[0] > 1200, followed[1] + " and " + followed[0]);
  }

  /** Whether tokens may come, and the text may end behind them. */
  private static boolean followed(CompiledGrammar grammar, List<Integer> tokens, Random masks) {
    Matcher matcher = grammar.matcher();
    for (int token : tokens) {
      long[] mask = masks.nextInt(MASKS) == 0 ? matcher.mask() : null;
      boolean accepted = matcher.accept(token);
      if (mask != null) {
        assertEquals(accepted, has(mask, token), "the mask says otherwise");
      }
      if (!accepted) {
        return false;
      }
    }
    return matcher.mayEnd();
  }
}
