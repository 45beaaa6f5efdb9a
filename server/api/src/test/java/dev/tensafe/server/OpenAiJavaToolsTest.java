package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.chat.completions.StructuredChatCompletionCreateParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tools and structured outputs of the official Java client, whose schemas are made of classes, in
 * loops of two rounds: the model calls, is told the result, and answers.
 */
class OpenAiJavaToolsTest {
  private static TestServer server;
  private static OpenAIClient client;

  /** A place. */
  enum City {
    ROME,
    OSLO
  }

  /** Arguments of the tool. */
  @JsonClassDescription("The weather of a city")
  static final class Weather {
    public City city;
    public boolean tomorrow;

    String told() {
      return "rain in " + city + (tomorrow ? " tomorrow" : "");
    }
  }

  /** The last answer. */
  static final class Report {
    public City city;
    public List<Boolean> rainByHour;
    public Wind wind;
  }

  /** A part of it. */
  static final class Wind {
    public boolean strong;
  }

  @BeforeAll
  static void start(@TempDir Path dir) throws IOException {
    server = TestServer.of(ToolModel.write(dir.resolve("model")), null);
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(server.server.url() + "/v1")
            .apiKey("none")
            .maxRetries(0)
            .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  /** What closes something is likely, so that all answers end. */
  private static ChatCompletionCreateParams.Builder chat() {
    ChatCompletionCreateParams.LogitBias.Builder ends =
        ChatCompletionCreateParams.LogitBias.builder();
    for (char end : "\"}]<".toCharArray()) {
      ends.putAdditionalProperty("" + (int) end, JsonValue.from(8));
    }
    return ChatCompletionCreateParams.builder()
        .model("tiny")
        .logitBias(ends.build())
        .addUserMessage("Wetter in 東京?");
  }

  private static ChatCompletionAccumulator streamed(ChatCompletionCreateParams params) {
    ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      stream.stream().forEach(all::accumulate);
    }
    return all;
  }

  private static void whole(Report report) {
    assertNotNull(report.city);
    assertNotNull(report.rainByHour);
    assertNotNull(report.wind);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aToolIsCalledAndItsResultTaken(boolean streamed) {
    ChatCompletionCreateParams.Builder params =
        chat().addTool(Weather.class).parallelToolCalls(false);
    ChatCompletionCreateParams first =
        params
            .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
            .maxCompletionTokens(900)
            .build();
    ChatCompletion called =
        streamed
            ? streamed(first).chatCompletion()
            : client.chat().completions().create(first).validate();
    ChatCompletion.Choice choice = called.choices().get(0);
    assertEquals(ChatCompletion.Choice.FinishReason.TOOL_CALLS, choice.finishReason());
    List<ChatCompletionMessageToolCall> calls = choice.message().toolCalls().orElseThrow();
    params.addMessage(choice.message());
    for (ChatCompletionMessageToolCall call : calls) {
      ChatCompletionMessageFunctionToolCall function = call.asFunction();
      assertEquals("Weather", function.function().name());
      Weather weather = function.function().arguments(Weather.class);
      assertNotNull(weather.city);
      params.addMessage(
          ChatCompletionToolMessageParam.builder()
              .toolCallId(function.id())
              .content(weather.told())
              .build());
    }
    params.toolChoice(ChatCompletionToolChoiceOption.Auto.NONE);
    StructuredChatCompletionCreateParams<Report> last = params.responseFormat(Report.class).build();
    if (streamed) {
      whole(content(streamed(last.rawParams())));
    } else {
      whole(
          client
              .chat()
              .completions()
              .create(last)
              .choices()
              .get(0)
              .message()
              .content()
              .orElseThrow());
    }
  }

  private static Report content(ChatCompletionAccumulator all) {
    return all.chatCompletion(Report.class).choices().get(0).message().content().orElseThrow();
  }

  @Test
  void anAnswerIsOfItsClass() {
    StructuredChatCompletionCreateParams<Report> params =
        chat().maxCompletionTokens(400).n(4).responseFormat(Report.class).build();
    var choices = client.chat().completions().create(params).choices();
    assertEquals(4, choices.size());
    choices.forEach(c -> whole(c.message().content().orElseThrow()));
    whole(content(streamed(params.rawParams().toBuilder().n(1).build())));
    assertTrue(server.engine.alive());
  }
}
