package dev.tensafe.server.structured;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer's tokens by the bytes they stand for, made when it is first asked for. Special tokens
 * stand for no text, but for those that forms may ask for by name. Thread-safe.
 */
final class VocabularyTrie {
  private static final byte[] NO_TEXT = {};

  private final Tokenizer tokenizer;
  private final int vocabSize;
  private final Map<Integer, String> specials;
  private @Nullable TokenTrie trie;

  /**
   * @param vocabSize logits of a row
   * @param wanted texts of special tokens that forms may ask for
   */
  VocabularyTrie(Tokenizer tokenizer, int vocabSize, Set<String> wanted) {
    this.tokenizer = tokenizer;
    this.vocabSize = vocabSize;
    Map<Integer, String> found = new HashMap<>();
    for (int id = 0; id < vocabSize && !wanted.isEmpty(); id++) {
      if (tokenizer.special(id) && tokenizer.hasBytes(id)) {
        String name = new String(tokenizer.bytes(id), StandardCharsets.UTF_8);
        if (wanted.contains(name)) {
          found.put(id, name);
        }
      }
    }
    this.specials = Map.copyOf(found);
  }

  /** Special tokens that were asked for and are there: names by id. */
  Map<Integer, String> specials() {
    return specials;
  }

  /**
   * The trie.
   *
   * @throws GrammarException when tokens have no bytes of their own
   */
  synchronized TokenTrie get() {
    TokenTrie made = trie;
    if (made == null) {
      made = make();
      trie = made;
    }
    return made;
  }

  private TokenTrie make() {
    if (tokenizer.textStart() == null) {
      throw GrammarException.unsupported(
          "",
          "tokens of this model's tokenizer have no text of their own, so none can be ruled out");
    }
    List<byte[]> texts = new ArrayList<>();
    for (int id = 0; id < vocabSize; id++) {
      boolean text = tokenizer.hasBytes(id) && !tokenizer.special(id);
      texts.add(text ? tokenizer.bytes(id) : NO_TEXT);
    }
    return TokenTrie.of(texts, specials);
  }
}
