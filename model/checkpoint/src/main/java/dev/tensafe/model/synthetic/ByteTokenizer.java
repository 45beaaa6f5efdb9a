package dev.tensafe.model.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.model.tokenizer.ByteAlphabet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Files of a byte-level tokenizer without merges: ids 0–255 are bytes, three special tokens follow,
 * the rest of the vocabulary is filled with words that no text encodes to but that decode.
 */
final class ByteTokenizer {
  static final int BOS = 256;
  static final int START_OF_TURN = 257;
  static final int END_OF_TURN = 258;
  private static final String[] SPECIAL = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};

  private static final String CHAT_TEMPLATE =
      "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  private ByteTokenizer() {}

  static void write(Path directory, int vocabSize) throws IOException {
    if (vocabSize <= END_OF_TURN) {
      throw new IllegalArgumentException("a vocabulary needs more than " + END_OF_TURN + " ids");
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int i = 0; i < SPECIAL.length; i++) {
      added
          .addObject()
          .put("id", BOS + i)
          .put("content", SPECIAL[i])
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer")).put("use_regex", false);
    root.putNull("post_processor");
    byteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    ObjectNode vocab = model.putObject("vocab");
    for (int b = 0; b < 256; b++) {
      vocab.put(ByteAlphabet.of(b), b);
    }
    for (int i = 0; i < SPECIAL.length; i++) {
      vocab.put(SPECIAL[i], BOS + i);
    }
    for (int id = END_OF_TURN + 1; id < vocabSize; id++) {
      vocab.put(String.format(Locale.ROOT, "Ġw%x", id), id);
    }
    model.putArray("merges");
    Files.write(directory.resolve("tokenizer.json"), mapper.writeValueAsBytes(root));
    ObjectNode config = mapper.createObjectNode();
    config.put("bos_token", SPECIAL[0]).put("eos_token", SPECIAL[2]);
    config.put("chat_template", CHAT_TEMPLATE);
    Files.write(directory.resolve("tokenizer_config.json"), mapper.writeValueAsBytes(config));
  }

  private static ObjectNode byteLevel(ObjectNode node) {
    return node.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true);
  }
}
