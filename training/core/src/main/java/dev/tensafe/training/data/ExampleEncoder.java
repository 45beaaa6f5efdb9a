package dev.tensafe.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.formats.UnicodeText;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.template.TemplateException;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.TrainingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns records into tokens, with the marks of what counts: all of a {@code text}, the {@code
 * completion} after a {@code prompt}, the assistant's turns of {@code messages}.
 *
 * <p>A conversation is rendered by the model's chat template and encoded whole. Where the assistant
 * begins, a server has encoded what stands before and continues; if the whole does not begin with
 * those tokens (a space that merges with the first word, say), the pieces are encoded one by one.
 */
public final class ExampleEncoder {
  private static final Set<String> SHAPES = Set.of("text", "prompt", "completion", "messages");

  private final Tokenizer tokenizer;
  private final @Nullable ChatTemplate template;
  private final Set<Integer> endTokens;
  private final int endToken;

  /**
   * @param template null when the model has none; then {@code messages} are refused
   * @param endTokens ids that end a generation; the smallest one ends texts and completions
   */
  public ExampleEncoder(
      Tokenizer tokenizer, @Nullable ChatTemplate template, Set<Integer> endTokens) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.endTokens = endTokens;
    this.endToken = endTokens.stream().mapToInt(Integer::intValue).min().orElse(-1);
  }

  /**
   * Encodes one record.
   *
   * @param where names the record in errors
   * @throws TrainingException {@code data.record} for a record of no known shape or with a text
   *     that is no Unicode, {@code data.template} when the template refuses a conversation or
   *     renders its beginning differently from the whole
   */
  public Example encode(JsonNode record, String where) {
    SHAPES.forEach(field -> refuseUnusual(record.path(field), where));
    long shapes = SHAPES.stream().filter(record::has).count();
    if (shapes == 1 && record.path("text").isTextual()) {
      Pieces pieces = new Pieces();
      pieces.add(tokenizer.encode(record.path("text").textValue(), true), true);
      return pieces.ended(where);
    }
    if (shapes == 2 && record.path("prompt").isTextual() && record.path("completion").isTextual()) {
      return completion(record.path("prompt").textValue(), record.path("completion").textValue())
          .ended(where);
    }
    if (shapes == 1 && record.path("messages").isArray() && !record.path("messages").isEmpty()) {
      return conversation(record.path("messages"), where);
    }
    throw WrongRecord.shape(record, where);
  }

  /** What Python writes without a word, and is no value of a text or conversation. */
  private static void refuseUnusual(JsonNode node, String where) {
    if (PythonJson.isRepeated(node)) {
      throw new TrainingException("data.record", where + ": a key appears twice");
    }
    if (node.isTextual() && UnicodeText.loneSurrogate(node.textValue()) >= 0) {
      throw new TrainingException(
          "data.record", where + " holds half of a surrogate pair, which is no character");
    }
    node.forEach(child -> refuseUnusual(child, where));
  }

  private Pieces completion(String prompt, String completion) {
    int[] before = tokenizer.encode(prompt, true);
    int[] whole = tokenizer.encode(prompt + completion, true);
    Pieces pieces = new Pieces();
    pieces.add(before, false);
    pieces.add(
        begins(whole, before)
            ? Arrays.copyOfRange(whole, before.length, whole.length)
            : tokenizer.encode(completion, false),
        true);
    return pieces;
  }

  private static boolean begins(int[] whole, int[] with) {
    return whole.length >= with.length
        && Arrays.equals(whole, 0, with.length, with, 0, with.length);
  }

  private Example conversation(JsonNode messages, String where) {
    ChatTemplate chat = template;
    if (chat == null) {
      throw new TrainingException(
          "data.template", where + " holds messages, but the model has no chat template");
    }
    List<Map<String, @Nullable Object>> turns = new ArrayList<>();
    for (JsonNode message : messages) {
      Map<String, @Nullable Object> turn = new HashMap<>();
      for (String field : List.of("role", "content")) {
        JsonNode value = message.path(field);
        if (!value.isTextual()) {
          throw WrongRecord.field(
              where, "messages[" + turns.size() + "]." + field, value, "a text");
        }
        turn.put(field, value.textValue());
      }
      turns.add(turn);
    }
    String whole = render(chat, turns, false, where);
    List<int[]> spans = new ArrayList<>();
    int done = 0;
    for (int i = 0; i < turns.size(); i++) {
      if ("assistant".equals(turns.get(i).get("role"))) {
        int from =
            i == 0 ? 0 : prefix(whole, render(chat, turns.subList(0, i), true, where), where);
        int to = prefix(whole, render(chat, turns.subList(0, i + 1), false, where), where);
        if (from < done || to < from) {
          throw reordered(where);
        }
        spans.add(new int[] {from, to});
        done = to;
      }
    }
    return marked(whole, spans).example(where);
  }

  /**
   * Encodes a conversation.
   *
   * @param spans where each of the assistant's turns begins and ends in the text
   */
  private Pieces marked(String whole, List<int[]> spans) {
    int[] all = tokenizer.encode(whole, false);
    Pieces pieces = new Pieces();
    int token = 0;
    for (int[] span : spans) {
      int[] before = tokenizer.encode(whole.substring(0, span[0]), false);
      int[] until = tokenizer.encode(whole.substring(0, span[1]), false);
      if (!begins(all, until) || !begins(until, before) || before.length < token) {
        return oneByOne(whole, spans);
      }
      pieces.add(Arrays.copyOfRange(all, token, before.length), false);
      pieces.addTurn(Arrays.copyOfRange(all, before.length, until.length));
      token = until.length;
    }
    pieces.add(Arrays.copyOfRange(all, token, all.length), false);
    return pieces;
  }

  private Pieces oneByOne(String whole, List<int[]> spans) {
    Pieces pieces = new Pieces();
    int at = 0;
    for (int[] span : spans) {
      pieces.add(tokenizer.encode(whole.substring(at, span[0]), false), false);
      pieces.addTurn(tokenizer.encode(whole.substring(span[0], span[1]), false));
      at = span[1];
    }
    pieces.add(tokenizer.encode(whole.substring(at), false), false);
    return pieces;
  }

  private static String render(
      ChatTemplate chat, List<Map<String, @Nullable Object>> turns, boolean opened, String where) {
    try {
      return chat.render(turns, opened);
    } catch (TemplateException e) {
      throw new TrainingException(
          "data.template", where + " is refused by the chat template (" + e.code() + ")", e);
    }
  }

  private static int prefix(String whole, String part, String where) {
    if (!whole.startsWith(part)) {
      throw reordered(where);
    }
    return part.length();
  }

  private static TrainingException reordered(String where) {
    return new TrainingException(
        "data.template",
        where
            + ": the chat template renders the beginning of the conversation differently from the"
            + " whole, so the assistant's part cannot be told; use prompt and completion");
  }

  /** Encoded pieces, joined. */
  private final class Pieces {
    private final List<int[]> tokens = new ArrayList<>();
    private final List<Integer> scoredUntil = new ArrayList<>();

    void add(int[] piece, boolean scored) {
      tokens.add(piece);
      scoredUntil.add(scored ? piece.length : 0);
    }

    /** An assistant's turn: what a template puts behind its end is never generated. */
    void addTurn(int[] piece) {
      int until = piece.length;
      for (int i = piece.length; i > 0; i--) {
        if (endTokens.contains(piece[i - 1])) {
          until = i;
          break;
        }
      }
      tokens.add(piece);
      scoredUntil.add(until);
    }

    /** With the token that ends a generation, if the model has one. */
    Example ended(String where) {
      if (endToken >= 0) {
        add(new int[] {endToken}, true);
      }
      return example(where);
    }

    Example example(String where) {
      int length = tokens.stream().mapToInt(piece -> piece.length).sum();
      if (length == 0) {
        throw new TrainingException("data.record", where + ": there is no token in it");
      }
      int[] all = new int[length];
      boolean[] scored = new boolean[length];
      int at = 0;
      for (int p = 0; p < tokens.size(); p++) {
        for (int i = 0; i < tokens.get(p).length; i++) {
          all[at] = tokens.get(p)[i];
          scored[at++] = i < scoredUntil.get(p);
        }
      }
      return new Example(all, scored);
    }
  }
}
