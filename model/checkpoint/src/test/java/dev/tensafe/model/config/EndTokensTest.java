package dev.tensafe.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.PythonJson;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndTokensTest {
  private static final int VOCABULARY = 512;
  @TempDir private Path directory;
  private final List<String> warnings = new ArrayList<>();

  private void file(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text.replace('\'', '"'));
  }

  private Set<Integer> read(String config) {
    byte[] bytes = config.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return EndTokens.read(
        directory,
        PythonJson.parseObject(bytes, "config.json", "model"),
        VOCABULARY,
        warnings::add);
  }

  private void warned(String... parts) {
    assertEquals(1, warnings.size(), warnings.toString());
    for (String part : parts) {
      assertTrue(warnings.get(0).contains(part), warnings.get(0));
    }
    warnings.clear();
  }

  @Test
  void allThreeFilesCount() throws IOException {
    file("tokenizer.json", "{'added_tokens':[{'id':1,'content':'<s>'}],'model':{'vocab':{'a':7}}}");
    file("tokenizer_config.json", "{'eos_token':'<s>','scores':NaN}");
    assertEquals(Set.of(1, 2), read("{'eos_token_id':2,'unused':Infinity}"));
    file("generation_config.json", "{'eos_token_id':[3,4],'top_p':NaN}");
    assertEquals(Set.of(1, 2, 3, 4), read("{'eos_token_id':[2]}"));
    file("generation_config.json", "{'eos_token_id':null}");
    file("tokenizer_config.json", "{'eos_token':{'content':'a'}}");
    assertEquals(Set.of(7), read("{}"));
    file("tokenizer.json", "{'model':{'vocab':[['x',-1.5],['a',-2]]}}");
    assertEquals(Set.of(1), read("{}"));
    Files.delete(directory.resolve("tokenizer.json"));
    file("tokenizer_config.json", "{'eos_token':'a','added_tokens_decoder':{'9':{'content':'a'}}}");
    assertEquals(Set.of(9), read("{}"));
    assertEquals(List.of(), warnings);
  }

  @Test
  void idsOutsideTheVocabularyAreDroppedWithTheNameOfTheirFile() throws IOException {
    for (String id : List.of("512", "-1", "32000", "1" + "0".repeat(40))) {
      assertEquals(Set.of(1, 2), read("{'eos_token_id':[2,1," + id + "]}"));
      warned("config.json", id, "512");
    }
    file("generation_config.json", "{'eos_token_id':-1}");
    assertEquals(Set.of(2), read("{'eos_token_id':2}"));
    warned("generation_config.json", "-1");
    file("generation_config.json", "{}");
    file("tokenizer_config.json", "{'eos_token':'</s>'}");
    assertEquals(Set.of(2), read("{'eos_token_id':2}"));
    warned("tokenizer_config.json", "eos_token");
    file("tokenizer.json", "{'added_tokens':[{'id':600,'content':'</s>'}]}");
    assertEquals(Set.of(2), read("{'eos_token_id':2}"));
    warned("tokenizer_config.json", "600");
  }

  @Test
  void whatIsNoIdIsRefusedWithTheNameOfItsFile() throws IOException {
    for (String id : List.of("'2'", "2.5", "NaN", "true", "[[2]]", "2,'eos_token_id':2")) {
      ModelException e =
          assertThrows(ModelException.class, () -> read("{'eos_token_id':" + id + "}"));
      assertEquals("model.config", e.code());
      assertTrue(e.description().startsWith("config.json: eos_token_id"), e.description());
    }
    file("generation_config.json", "{'eos_token_id':'x'}");
    ModelException e = assertThrows(ModelException.class, () -> read("{'eos_token_id':2}"));
    assertTrue(e.description().startsWith("generation_config.json"), e.description());
  }

  @Test
  void aModelIsReadWithAllOfThem() throws IOException {
    file("config.json", SyntheticModel.llama(64, 128, 4, 4, 2, VOCABULARY, 128).toString());
    file("generation_config.json", "{'eos_token_id':[2,1,32000]}");
    assertTrue(ModelConfigReader.read(directory).eosTokens().containsAll(Set.of(1, 2)));
    assertTrue(
        ModelConfigReader.read(directory).eosTokens().stream().allMatch(i -> i < VOCABULARY));
  }
}
