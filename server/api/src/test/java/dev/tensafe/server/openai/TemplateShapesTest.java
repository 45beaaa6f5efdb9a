package dev.tensafe.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.template.TemplateInput;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What templates see of a conversation on the wire, by what they write of it. */
class TemplateShapesTest {
  @TempDir Path directory;

  private String render(String template, String fields) throws Exception {
    Files.writeString(directory.resolve("chat_template.jinja"), template);
    String body = "{\"model\":\"m\"," + fields.replace('\'', '"') + "}";
    TemplateInput prompt =
        ChatRequest.parse(JsonBody.parse(body.getBytes(StandardCharsets.UTF_8)), 10).prompt();
    return ChatTemplate.load(directory, Clock.systemUTC()).render(prompt);
  }

  private static String call(String arguments) {
    return "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':null,"
        + "'tool_calls':[{'id':'1','type':'function','function':{'name':'f'"
        + arguments
        + "}}]},{'role':'tool','tool_call_id':'1','content':'r'}]";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        ",'arguments':'{\\'city\\': \\'Oslo\\'}'|{\"city\": \"Oslo\"}",
        ",'arguments':{'city':'Oslo'}|{\"city\": \"Oslo\"}",
        ",'arguments':'{\\'b\\':1,\\'a\\':[1.0,true,null]}'|{\"b\": 1, \"a\": [1.0, true, null]}",
        ",'arguments':''|{}",
        ",'arguments':'  '|{}",
        ",'arguments':null|{}",
        ",'arguments':'null'|{}",
        "|{}",
        ",'arguments':'{\\'city\\': '|\"{\\\"city\\\": \"",
        ",'arguments':'Oslo'|\"Oslo\"",
        ",'arguments':'{} x'|\"{} x\"",
        ",'arguments':'\\'Oslo\\''|\"Oslo\"",
      })
  void argumentsAreWhatTheirJsonSays(String arguments, String written) throws Exception {
    String given = arguments == null ? "" : arguments;
    assertEquals(
        written,
        render("{{ messages[1].tool_calls[0].function.arguments | tojson }}", call(given)));
  }

  @Test
  void whatSaysNoneIsNotThere() throws Exception {
    String template =
        "{% for m in messages %}{{ m.keys() | list | sort | join(',') }};{% endfor %}";
    String none = "'tool_calls':[],'name':null,'function_call':null,'audio':null";
    assertEquals(
        "content,role;content,role;",
        render(
            template,
            "'tools':[],'messages':[{'role':'user','content':'a','name':null},"
                + "{'role':'assistant','content':'b',"
                + none
                + "}]"));
    assertEquals(
        "no tools", render("{{ 'tools' if tools else 'no tools' }}", "'tools':[]," + user("a")));
  }

  @Test
  void toolsAndDocumentsReachTheTemplate() throws Exception {
    String tool = "{'type':'function','function':{'name':'f','parameters':{'type':'object'}}}";
    assertEquals(
        "f [{\"a\": 1}]",
        render(
            "{{ tools[0].function.name }} {{ documents | tojson }}",
            "'documents':[{'a':1}],'tools':[" + tool + "]," + user("a")));
    String functions = "[{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]";
    assertEquals(
        functions,
        render("{{ functions }}", "'tools':[" + tool + "]," + user("a")).replaceAll("\\s", ""));
    assertEquals(
        19 + " GMT".length(), render("{{ datetime }}", user("a")).length(), "a date and a time");
  }

  @Test
  void theLastMessageCanBeLeftOpen() throws Exception {
    String template =
        "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</>{% endfor %}"
            + "{% if add_generation_prompt %}<assistant>{% endif %}";
    String messages =
        "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':' so: '}]";
    assertEquals("<user>a</><assistant>so:</><assistant>", render(template, messages));
    assertEquals(
        "<user>a</><assistant>so:", render(template, "'continue_final_message':true," + messages));
    assertEquals(
        "<user>a</><assistant>so:",
        render(
            template, "'continue_final_message':true,'add_generation_prompt':false," + messages));
  }

  private static String user(String content) {
    return "'messages':[{'role':'user','content':'" + content + "'}]";
  }

  @Test
  void argumentsThatAreTooDeepAreRefusedAndNotWrittenTwice() {
    for (String arguments : new String[] {"[".repeat(70) + "]".repeat(70), "9".repeat(200)}) {
      ApiException refused =
          assertThrows(
              ApiException.class, () -> render("", call(",'arguments':'" + arguments + "'")));
      assertEquals("messages[1].tool_calls[0].function.arguments", refused.param());
    }
  }

  /** DeepSeek's templates ask whether the content is none; others add to it. */
  @Test
  void contentIsNoneBesideCallsAndElseAText() throws Exception {
    String template = "{% for m in messages %}{{ m.content is none }},{% endfor %}";
    assertEquals("False,True,False,", render(template, call("")));
    assertEquals(
        "b.", render("{{ messages[0].content + '.' }}", user("b")), "a text is what it was");
    assertEquals(
        ".",
        render("{{ messages[0].content + '.' }}", "'messages':[{'role':'assistant'}]"),
        "an assistant that said nothing");
  }

  @Test
  void deprecatedNamesAreThoseOfToday() throws Exception {
    String template =
        "{% for m in messages %}{{ m.role }}:{{ m.content }}"
            + "{% for c in m.tool_calls %}[{{ c.function.name }} {{ c.function.arguments.x }}]"
            + "{% endfor %};{% endfor %}";
    assertEquals(
        "system:s;assistant:None[f 1];tool:r;assistant:I cannot.;assistant:No, sorry.;",
        render(
            template,
            "'messages':[{'role':'developer','content':'s'},"
                + "{'role':'assistant','function_call':{'name':'f','arguments':'{\\'x\\':1}'}},"
                + "{'role':'function','name':'f','content':'r'},"
                + "{'role':'assistant','content':null,'refusal':'I cannot.'},"
                + "{'role':'assistant','content':[{'type':'text','text':'No, '},"
                + "{'type':'refusal','refusal':'sorry.'}]}]"));
  }

  /** The construct of Qwen3's template. */
  @Test
  void variablesOfARequestReachTheTemplate() throws Exception {
    String template =
        "{%- if add_generation_prompt %}A:"
            + "{%- if enable_thinking is defined and enable_thinking is false %}<think></think>"
            + "{%- endif %}{%- endif %}";
    assertEquals("A:", render(template, user("a")));
    assertEquals(
        "A:<think></think>",
        render(template, "'chat_template_kwargs':{'enable_thinking':false}," + user("a")));
    assertEquals(
        "A:", render(template, "'chat_template_kwargs':{'enable_thinking':true}," + user("a")));
    assertEquals("", render(template, "'add_generation_prompt':false," + user("a")));
    assertEquals(
        "[1, {\"a\": null}]",
        render(
            "{{ deep | tojson }}", "'chat_template_kwargs':{'deep':[1,{'a':null}]}," + user("a")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "chat_template_kwargs|'chat_template_kwargs':[]x",
        "chat_template_kwargs|'chat_template_kwargs':'a'",
        "chat_template_kwargs.messages|'chat_template_kwargs':{'messages':[]}",
        "chat_template_kwargs.raise_exception|'chat_template_kwargs':{'raise_exception':1}",
        "chat_template_kwargs.eos_token|'chat_template_kwargs':{'eos_token':'a'}",
        "guided_json|'guided_json':7",
        "guided_json|'guided_json':'{'",
        "guided_regex|'guided_regex':''",
        "guided_choice|'guided_choice':[]",
        "structured_outputs|'structured_outputs':{}",
        "structured_outputs.structural_tag|'structured_outputs':{'structural_tag':'a'}",
        "guided_regex|'guided_json':{},'guided_regex':'a'",
        "ignore_eos|'guided_json':{},'ignore_eos':true",
        "response_format.json_schema.schema|'response_format':{'type':'json_schema','json_schema':{'name':'n'}}",
        "response_format.type|'response_format':{'type':'xml'}",
        "whitespace|'whitespace':'many'",
        "documents|'documents':[1]",
        "chat_template|'chat_template':'{{ 1 }}'",
        "continue_final_message|'continue_final_message':true",
        "skip_special_tokens|'skip_special_tokens':false",
        "continue_final_message|'continue_final_message':true,'add_generation_prompt':true",
        "tools[0].function|'tools':[{'type':'function'}]",
        "tool_choice|'tool_choice':'required'",
        "stop_regex|'stop_regex':'a'",
        "lora_path|'lora_path':'a'",
      })
  void whatWouldBeIgnoredAndChangesTheAnswerIsRefused(String param, String field) {
    String given = field.replace("[]x", "[1]");
    ApiException refused =
        assertThrows(ApiException.class, () -> render("{{ 1 }}", given + "," + user("a")));
    assertEquals(400, refused.status());
    assertEquals(param, refused.param());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'guided_json':null",
        "'use_beam_search':false",
        "'bad_words':[]",
        "'skip_special_tokens':true",
        "'unheard_of':{'a':1}",
        "'reasoning_effort':'low'",
        "'metadata':{'a':'b'}",
      })
  void whatAsksForNothingOrIsUnknownIsIgnored(String field) throws Exception {
    assertEquals("1", render("{{ 1 }}", field + "," + user("a")));
  }
}
