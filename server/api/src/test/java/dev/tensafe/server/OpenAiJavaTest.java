package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official Java client against a real socket. */
class OpenAiJavaTest {
  private static TestServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start(@TempDir Path dir) throws IOException {
    server = TestServer.start(dir);
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

  @SuppressWarnings("deprecation") // seed is deprecated by its vendor, and used by everyone
  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder().model("tiny").addUserMessage("Grüße 東京 🤗").seed(7);
  }

  @Test
  void answersAChat() {
    ChatCompletion answer =
        client.chat().completions().create(chat().maxCompletionTokens(12).n(2).build());
    assertEquals(2, answer.choices().size());
    assertEquals(ChatCompletion.Choice.FinishReason.LENGTH, answer.choices().get(0).finishReason());
    assertEquals(24, answer.usage().orElseThrow().completionTokens());
    assertEquals(answer.usage().get().promptTokens() + 24, answer.usage().get().totalTokens());
    assertTrue(answer.choices().get(0).message().content().isPresent());
  }

  @Test
  void streamsTheSameTextAsItAnswersWhole() {
    ChatCompletion whole =
        client.chat().completions().create(chat().maxCompletionTokens(60).n(2).build());
    StringBuilder[] text = {new StringBuilder(), new StringBuilder()};
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    ChatCompletionCreateParams params =
        chat()
            .maxCompletionTokens(60)
            .n(2)
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      stream.stream().forEach(chunks::add);
    }
    int finishes = 0;
    for (ChatCompletionChunk chunk : chunks) {
      assertEquals(chunks.get(0).id(), chunk.id());
      assertEquals(chunks.get(0).created(), chunk.created());
      for (ChatCompletionChunk.Choice choice : chunk.choices()) {
        choice.delta().content().ifPresent(text[(int) choice.index()]::append);
        finishes += choice.finishReason().isPresent() ? 1 : 0;
      }
    }
    assertEquals(2, finishes);
    assertEquals(whole.choices().get(0).message().content().orElse(""), text[0].toString());
    assertEquals(whole.choices().get(1).message().content().orElse(""), text[1].toString());
    ChatCompletionChunk last = chunks.get(chunks.size() - 1);
    assertTrue(last.choices().isEmpty());
    assertEquals(120, last.usage().orElseThrow().completionTokens());
  }

  @Test
  void completesTextWithLogprobs() {
    Completion answer =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model("tiny")
                    .prompt("abc")
                    .maxTokens(5)
                    .logprobs(3)
                    .temperature(0)
                    .build());
    var logprobs = answer.choices().get(0).logprobs().orElseThrow();
    assertEquals(5, logprobs.tokens().orElseThrow().size());
    assertEquals(5, logprobs.tokenLogprobs().orElseThrow().size());
    assertEquals(3, answer.usage().orElseThrow().promptTokens());
  }

  @Test
  void reportsErrorsAsTheClientExpectsThem() {
    NotFoundException missing =
        assertThrows(
            NotFoundException.class,
            () -> client.chat().completions().create(chat().model("other").build()));
    assertEquals("model_not_found", missing.code().orElseThrow());
    BadRequestException bad =
        assertThrows(
            BadRequestException.class,
            () -> client.chat().completions().create(chat().temperature(3).build()));
    assertEquals("temperature", bad.param().orElseThrow());
    BadRequestException longPrompt =
        assertThrows(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .create(chat().addUserMessage("x".repeat(TestServer.MAX_LENGTH)).build()));
    assertEquals("context_length_exceeded", longPrompt.code().orElseThrow());
  }

  @Test
  void aClosedStreamFreesItsBlocks() {
    try (StreamResponse<ChatCompletionChunk> stream =
        client
            .chat()
            .completions()
            .createStreaming(
                chat()
                    .maxCompletionTokens(3000)
                    .putAdditionalBodyProperty("ignore_eos", com.openai.core.JsonValue.from(true))
                    .build())) {
      assertTrue(stream.stream().limit(3).count() == 3);
      assertEquals(1, server.engine.active());
    }
    server.awaitIdle();
  }

  @Test
  void listsTheModel() {
    assertEquals("tiny", client.models().list().data().get(0).id());
    assertEquals("tiny", client.models().retrieve("tiny").id());
  }
}
