package dev.tensafe.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.List;

/**
 * The requests of one run.
 *
 * @param url the server's root
 * @param models the models requested, in turn
 * @param concurrency clients in a closed loop; 0 in an open loop
 * @param requestRate requests per second in an open loop, exponentially spaced; 0 in a closed loop
 * @param requests how many are measured
 * @param warmups how many are sent before and not measured
 * @param sharedTokens with which all prompts begin, or, with several turns, all of a conversation
 * @param turns of a conversation: each adds {@code inputTokens} to the prompt of the one before,
 *     and is asked when that one is answered; 1 for requests that have nothing to do with each
 *     other
 * @param vocabulary prompt tokens are drawn below this id
 * @param apiKey bearer key, empty for none
 * @param prompts texts or lists of token ids, taken in turn, whose answers may end by themselves;
 *     none for random tokens and answers of full length
 * @param fields that requests have besides, or instead, taken in turn; none for none
 */
public record LoadSpec(
    URI url,
    List<String> models,
    int concurrency,
    double requestRate,
    int requests,
    int warmups,
    int inputTokens,
    int outputTokens,
    int sharedTokens,
    int turns,
    int vocabulary,
    long seed,
    String apiKey,
    List<JsonNode> prompts,
    List<ObjectNode> fields) {

  public LoadSpec {
    models = List.copyOf(models);
    prompts = List.copyOf(prompts);
    fields = List.copyOf(fields);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "LoadSpec[" + url + ", " + String.join(",", models) + "]";
  }
}
