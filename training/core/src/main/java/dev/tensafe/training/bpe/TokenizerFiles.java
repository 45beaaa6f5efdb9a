package dev.tensafe.training.bpe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.model.tokenizer.ByteAlphabet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a tokenizer as Hugging Face reads it: {@code tokenizer.json} and {@code
 * tokenizer_config.json}. Ids: the special tokens, the 256 bytes, one for each merge.
 */
public final class TokenizerFiles {
  public static final String END_OF_TEXT = "<|endoftext|>";
  public static final String START_OF_TURN = "<|im_start|>";
  public static final String END_OF_TURN = "<|im_end|>";

  /** Special tokens in the order of their ids. */
  public static final List<String> SPECIAL = List.of(END_OF_TEXT, START_OF_TURN, END_OF_TURN);

  private static final String CHAT_TEMPLATE =
      """
      {% for message in messages %}<|im_start|>{{ message['role'] }}
      {{ message['content'] }}<|im_end|>
      {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
      {% endif %}""";

  private TokenizerFiles() {}

  /** Size of the vocabulary that a number of merges gives. */
  public static int vocabSize(int merges) {
    return SPECIAL.size() + 256 + merges;
  }

  /**
   * Writes both files.
   *
   * @param directory exists
   */
  public static void write(Path directory, List<BpeTrainer.Merge> merges) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int i = 0; i < SPECIAL.size(); i++) {
      added
          .addObject()
          .put("id", i)
          .put("content", SPECIAL.get(i))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"));
    root.putNull("post_processor");
    byteLevel(root.putObject("decoder"));
    model(root.putObject("model"), merges);
    Files.write(
        directory.resolve("tokenizer.json"),
        mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    ObjectNode config = mapper.createObjectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("bos_token", END_OF_TEXT).put("eos_token", END_OF_TURN);
    config.put("pad_token", END_OF_TEXT).put("clean_up_tokenization_spaces", false);
    config.put("chat_template", CHAT_TEMPLATE);
    Files.write(
        directory.resolve("tokenizer_config.json"),
        mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
  }

  private static void model(ObjectNode model, List<BpeTrainer.Merge> merges) {
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false);
    List<String> texts = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      texts.add(ByteAlphabet.of(b));
    }
    ObjectNode vocab = model.putObject("vocab");
    for (int i = 0; i < SPECIAL.size(); i++) {
      vocab.put(SPECIAL.get(i), i);
    }
    ArrayNode pairs = model.putArray("merges");
    for (BpeTrainer.Merge merge : merges) {
      String left = texts.get(merge.left());
      String right = texts.get(merge.right());
      texts.add(left + right);
      pairs.addArray().add(left).add(right);
    }
    for (int i = 0; i < texts.size(); i++) {
      vocab.put(texts.get(i), SPECIAL.size() + i);
    }
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false);
    node.put("trim_offsets", true).put("use_regex", true);
  }
}
