package dev.tensafe.server.structured;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.server.tools.ToolFormats;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FormCompilerTest {
  @Test
  void aRefusedFormIsNotCompiledAgain(@TempDir Path directory) throws Exception {
    SyntheticModel.write(directory, SyntheticModel.llama(32, 64, 2, 4, 2, 300, 64), DType.F32, 5);
    try (Tokenizer tokenizer = Tokenizer.load(directory);
        FormCompiler forms =
            new FormCompiler(tokenizer, 300, ToolFormats.of("{{ messages }}"), 1)) {
      List<String> texts = Stream.generate(() -> "a").limit(5000).toList();
      OutputForm many = new OutputForm.Choice(texts, "guided_choice");
      GrammarException first = refusal(forms, "a", many);
      assertEquals("grammar.too_complex", first.code());
      assertSame(first, refusal(forms, "a", new OutputForm.Choice(texts, "guided_choice")));
      assertNotSame(first, refusal(forms, "b", many));
      assertEquals(Optional.empty(), forms.known("a", many));
    }
  }

  @Test
  void schemasThatDifferInTheOrderOfTheirNamesAreDifferentForms(@TempDir Path directory)
      throws Exception {
    SyntheticModel.write(directory, SyntheticModel.llama(32, 64, 2, 4, 2, 300, 64), DType.F32, 5);
    try (Tokenizer tokenizer = Tokenizer.load(directory);
        FormCompiler forms =
            new FormCompiler(tokenizer, 300, ToolFormats.of("{{ messages }}"), 1)) {
      OutputForm one = schema("{\"properties\":{\"a\":{},\"b\":{}}}");
      Constraint unused = forms.compile("t", one);
      assertTrue(forms.known("t", schema("{\"properties\":{\"a\":{},\"b\":{}}}")).isPresent());
      assertEquals(
          Optional.empty(), forms.known("t", schema("{\"properties\":{\"b\":{},\"a\":{}}}")));
    }
  }

  private static OutputForm schema(String json) throws Exception {
    return new OutputForm.Schema(new ObjectMapper().readTree(json), false, false, "guided_json");
  }

  private static GrammarException refusal(FormCompiler forms, String tenant, OutputForm form) {
    return assertThrows(GrammarException.class, () -> forms.compile(tenant, form));
  }
}
