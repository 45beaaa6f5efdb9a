package dev.tensafe.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import dev.tensafe.model.shape.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerMatchTest {
  private static final String OWN =
      "{'truncation': null, 'added_tokens': [{'id': 2, 'content': '<end>', 'special': true}],"
          + " 'normalizer': null, 'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': false},"
          + " 'decoder': {'type': 'ByteLevel'},"
          + " 'model': {'type': 'BPE', 'vocab': {'a': 0, 'b': 1, 'ab': 2}, 'merges': ['a b']}}";

  @TempDir Path dir;

  private Path directory(String name, String json) throws IOException {
    Path made = Files.createDirectories(dir.resolve(name));
    Files.writeString(made.resolve("tokenizer.json"), json.replace('\'', '"'));
    return made;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'a': 0, 'b': 1|'a': 1, 'b': 0|model.vocab.a is '0', and '1'",
        ", 'ab': 2||model.vocab.ab is '2', and missing",
        "'a b'|'b a'|model.merges[0] is 'a b', and 'b a'",
        "'a b'|'a b', 'b a'|model.merges has 1 entries, and 2",
        "'id': 2|'id': 3|added_tokens[0].id is '2', and '3'",
        "'special': true|'special': false|added_tokens[0].special is 'true', and 'false'",
        "'normalizer': null|'normalizer': {'type': 'NFC'}|normalizer is missing, and",
        "'add_prefix_space': false|'add_prefix_space': true|pre_tokenizer.add_prefix_space",
      })
  void theFirstDifferenceIsNamed(String from, String to, String named) throws IOException {
    String changed = OWN.replace(from, to == null ? "" : to);
    assertTrue(!changed.equals(OWN));
    Path own = directory("own", OWN);
    Path other = directory("other", changed);
    ModelException e = assertThrows(ModelException.class, () -> TokenizerMatch.require(own, other));
    assertEquals("draft.tokenizer_mismatch", e.code());
    assertTrue(String.valueOf(e.getMessage()).contains(named), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'a b'|['a', 'b']",
        "'truncation': null|'truncation': {'max_length': 512}",
        "{'type': 'ByteLevel'},|null,",
        "'normalizer': null,|",
      })
  void whatMakesNoOtherTokensDoesNotMatter(String from, String to) throws IOException {
    String changed = OWN.replace(from, to == null ? "" : to);
    assertTrue(!changed.equals(OWN));
    Path own = directory("own", OWN);
    Path other = directory("other", changed);
    assertDoesNotThrow(() -> TokenizerMatch.require(own, other));
  }

  @Test
  void aMissingFileAndAnotherNumberOfRowsAreNamed() throws IOException {
    Path own = directory("own", OWN);
    assertEquals(
        "tokenizer.missing",
        assertThrows(
                FormatException.class, () -> TokenizerMatch.require(own, dir.resolve("nowhere")))
            .code());
    assertEquals(
        "draft.tokenizer_mismatch",
        assertThrows(ModelException.class, () -> TokenizerMatch.requireVocabulary(512, 520))
            .code());
  }
}
