import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.grammar.schema.JsonSchemaReader;
import dev.tensafe.grammar.schema.SchemaOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Answers on standard output what is asked on standard input, a line each. The first line is the
 * vocabulary: an array of tokens' bytes in base64. Then {@code {"schema": …}} begins a text and
 * {@code {"token": …}} goes on with it; both are answered with the mask of the next token, a bit
 * each, least first, in base64, and with whether the text may end.
 */
final class Masks {
  private Masks() {}

  private static TokenTrie vocabulary(JsonNode tokens) throws IOException {
    List<byte[]> texts = new ArrayList<>();
    for (JsonNode token : tokens) {
      texts.add(Base64.getDecoder().decode(token.asText()));
    }
    return TokenTrie.of(texts);
  }

  private static String state(Matcher matcher) {
    long[] mask = matcher.mask();
    ByteBuffer bytes = ByteBuffer.allocate(mask.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(mask);
    return "{\"mask\":\""
        + Base64.getEncoder().encodeToString(bytes.array())
        + "\",\"end\":"
        + matcher.mayEnd()
        + "}";
  }

  public static void main(String[] args) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    TokenTrie trie = vocabulary(mapper.readTree(in.readLine()));
    Matcher matcher = null;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode asked = mapper.readTree(line);
      try {
        if (asked.has("schema")) {
          matcher =
              new CompiledGrammar(
                      JsonSchemaReader.grammar(asked.get("schema"), SchemaOptions.DEFAULT), trie)
                  .matcher();
        } else if (!matcher.accept(asked.get("token").intValue())) {
          throw new IllegalArgumentException("not in the mask");
        }
        out.println(state(matcher));
      } catch (RuntimeException e) {
        out.println(mapper.createObjectNode().put("error", e.toString()));
      }
    }
  }
}
