package dev.tensafe.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Half a surrogate pair anywhere in a body is an error that names the place and says no text. */
class SurrogateCheckTest {
  private static void parse(String body) {
    JsonBody.parse(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "prompt|{'prompt':'é 😀 secret\\ud83d'}",
        "prompt|{'prompt':'\\ude00\\ud83d secret'}",
        "prompt|{'prompt':'\\ud83d\\ud83d\\ude00'}",
        "prompt[1]|{'prompt':['a','\\udfff']}",
        "messages[1].content|{'messages':[{'content':'a'},{'content':'\\ud800b'}]}",
        "messages[0].content[2].text|{'messages':[{'content':[1,2,{'text':'\\ud83d'}]}]}",
        "stop[0]|{'stop':['\\ud83d']}",
        "chat_template_kwargs.….b|{'chat_template_kwargs':{'ä':{'b':'\\ud83d'}}}",
        "…|{'\\ud83d':1}",
        "…|{'model':'secret','\\ude00secret':1}",
        "metadata.…|{'metadata':{'b':'secret','\\ud83dx':1}}",
        "messages[1].content[0].…|{'messages':[{},{'content':[{'a':1,'\\udfff':1}]}]}",
        "metadata.….…|{'metadata':{'ä':{'\\ud83d':1}}}",
      })
  void aLoneSurrogateIsNamed(String field, String body) {
    ApiException refused = assertThrows(ApiException.class, () -> parse(body));
    assertEquals(400, refused.status());
    assertEquals("invalid_unicode", refused.code());
    assertEquals(field, refused.param());
    assertFalse(refused.text().contains("secret"));
  }

  @Test
  void pairsAreCharacters() {
    parse("{'prompt':'é 😀 \\ud83d\\ude00 \\u0000','😀':'a'}");
  }
}
