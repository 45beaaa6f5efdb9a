package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.server.structured.OutputForm;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the fields that chat and text completions share. Unknown fields are ignored. */
final class RequestParser {
  private static final int MAX_CHOICES = 128;
  private static final int MAX_TOKENS = 1 << 28;
  private static final int MAX_STOPS = 4;
  private static final int MAX_STOP_LENGTH = 1024;

  /** Characters of a salt: too many to guess if they are random, and no more than a name needs. */
  private static final int MIN_SALT = 16;

  private static final int MAX_SALT = 256;

  /** Entries of what is looked at for every token of the output. */
  private static final int MAX_ENTRIES = 1024;

  /**
   * Fields of vLLM, SGLang and llama.cpp that constrain, condition or lay out the answer in ways
   * that are not known here: whoever sends one counts on it. Fields that tune sampling or name a
   * request are ignored like any other that is unknown.
   */
  private static final List<String> CHANGE_THE_ANSWER =
      List.of(
          "guided_decoding_backend",
          "guided_whitespace_pattern",
          "logprobs_mode",
          "structural_tag",
          "bad_words",
          "allowed_token_ids",
          "logits_processors",
          "custom_logit_processor",
          "lora",
          "lora_path",
          "stop_regex",
          "no_stop_trim",
          "input_embeds",
          "n_predict",
          "use_beam_search",
          "prompt_embeds",
          "prompt_logprobs",
          "truncate_prompt_tokens",
          "include_stop_str_in_output",
          "return_tokens_as_token_ids");

  private final RequestFields fields;
  private final int vocabSize;

  RequestParser(RequestFields fields, int vocabSize) {
    this.fields = fields;
    this.vocabSize = vocabSize;
  }

  /**
   * Parses.
   *
   * @param defaultMaxTokens when the client gives none; null for as many as fit
   * @param topLogprobs alternatives per token, -1 for no log-probabilities
   */
  InferenceRequest parse(@Nullable Integer defaultMaxTokens, int minMaxTokens, int topLogprobs) {
    String model = fields.requiredText("model");
    boolean stream = fields.flag("stream");
    String limit = fields.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    Integer maxTokens =
        fields.has(limit)
            ? Integer.valueOf((int) fields.integer(limit, 0, minMaxTokens, MAX_TOKENS))
            : defaultMaxTokens;
    int minTokens = (int) fields.integer("min_tokens", 0, 0, MAX_TOKENS);
    if (maxTokens != null && minTokens > maxTokens) {
      throw ApiException.invalid(
          "min_tokens", "invalid_value", "'min_tokens' is larger than '" + limit + "'");
    }
    return new InferenceRequest(
        model,
        sampling(minTokens, topLogprobs),
        maxTokens,
        limit,
        (int) fields.integer("n", 1, 1, MAX_CHOICES),
        fields.has("seed"),
        fields.texts("stop", MAX_STOPS, MAX_STOP_LENGTH),
        (int) fields.integer("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
        stream,
        includeUsage(stream),
        cacheSalt(),
        form());
  }

  private Optional<OutputForm> form() {
    Optional<OutputForm> form = OutputForms.parse(fields);
    if (form.isPresent() && fields.flag("ignore_eos")) {
      throw ApiException.invalid(
          "ignore_eos",
          "invalid_value",
          "'ignore_eos' and '" + form.get().param() + "' exclude each other");
    }
    return form;
  }

  private String cacheSalt() {
    String salt = fields.text("cache_salt");
    if (salt == null) {
      return "";
    }
    int length = salt.codePointCount(0, salt.length());
    if (length < MIN_SALT || length > MAX_SALT) {
      throw ApiException.invalid(
          "cache_salt",
          "invalid_value",
          "'cache_salt' has "
              + length
              + " characters; it must have "
              + MIN_SALT
              + " to "
              + MAX_SALT
              + ", since who guesses it learns from response times what was asked under it");
    }
    return salt;
  }

  private SamplingParams sampling(int minTokens, int topLogprobs) {
    fields.text("user");
    return new SamplingParams(
        fields.number("temperature", 1, 0, 2),
        (int) Math.max(0, fields.integer("top_k", 0, -1, Integer.MAX_VALUE)),
        fields.number("top_p", 1, 0, 1),
        fields.number("min_p", 0, 0, 1),
        fields.number("repetition_penalty", 1, 0.01, 10),
        fields.number("presence_penalty", 0, -2, 2),
        fields.number("frequency_penalty", 0, -2, 2),
        logitBias(),
        fields.integer("seed", 0, Long.MIN_VALUE, Long.MAX_VALUE),
        0,
        minTokens,
        fields.flag("ignore_eos"),
        stopTokens(),
        topLogprobs);
  }

  private Map<Integer, Float> logitBias() {
    JsonNode node = fields.get("logit_bias");
    Map<Integer, Float> out = new HashMap<>();
    if (node == null) {
      return out;
    }
    if (!node.isObject()) {
      throw RequestFields.wrongType("logit_bias", "an object of token ids and numbers");
    }
    RequestFields.atMost(node, "logit_bias", MAX_ENTRIES, "entries");
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      boolean digits = entry.getKey().matches("\\d{1,9}");
      if (!digits || Integer.parseInt(entry.getKey()) >= vocabSize) {
        throw ApiException.invalid(
            "logit_bias", "invalid_value", "'logit_bias' has a key that is no token id");
      }
      double bias = entry.getValue().isNumber() ? entry.getValue().doubleValue() : Double.NaN;
      if (!(bias >= -100 && bias <= 100)) {
        throw ApiException.invalid(
            "logit_bias", "invalid_value", "'logit_bias' values must be from -100 to 100");
      }
      out.put(Integer.parseInt(entry.getKey()), (float) bias);
    }
    return out;
  }

  private Set<Integer> stopTokens() {
    JsonNode node = fields.get("stop_token_ids");
    if (node == null) {
      return Set.of();
    }
    if (!node.isArray()) {
      throw RequestFields.wrongType("stop_token_ids", "a list of token ids");
    }
    RequestFields.atMost(node, "stop_token_ids", MAX_ENTRIES, "token ids");
    return Arrays.stream(RequestFields.tokens(node, "stop_token_ids", vocabSize))
        .boxed()
        .collect(Collectors.toSet());
  }

  private boolean includeUsage(boolean stream) {
    JsonNode options = fields.get("stream_options");
    if (options == null) {
      return false;
    }
    if (!stream) {
      throw ApiException.invalid(
          "stream_options", "invalid_value", "'stream_options' needs 'stream': true");
    }
    if (!options.isObject()) {
      throw RequestFields.wrongType("stream_options", "an object");
    }
    JsonNode include = options.path("include_usage");
    if (!include.isMissingNode() && !include.isNull() && !include.isBoolean()) {
      throw RequestFields.wrongType("stream_options.include_usage", "true or false");
    }
    return include.asBoolean(false);
  }

  /** Refuses everything that is part of the API but not of this server. */
  void refuseUnsupported(List<String> names) {
    fields.refuseAll(names);
    fields.refuseAll(CHANGE_THE_ANSWER);
    if (!fields.flag("skip_special_tokens", true)) {
      throw ApiException.invalid(
          "skip_special_tokens",
          "unsupported_parameter",
          "'skip_special_tokens': false is not supported by this server");
    }
  }
}
