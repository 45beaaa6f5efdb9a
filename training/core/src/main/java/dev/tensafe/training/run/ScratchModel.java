package dev.tensafe.training.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.bpe.BpeTrainer;
import dev.tensafe.training.bpe.TokenizerFiles;
import dev.tensafe.training.data.JsonLines;
import dev.tensafe.training.out.AtomicDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A model without weights: configuration, and a tokenizer learnt from the text. */
final class ScratchModel {
  private ScratchModel() {}

  /**
   * Writes the files, unless they are there from an earlier start of the run.
   *
   * @throws TrainingException as {@link JsonLines#read}; {@code data.empty}; {@code train.write}
   */
  static void prepare(Path directory, RunConfig.Start.Scratch shape, List<Path> texts) {
    if (Files.exists(directory.resolve("config.json"))
        && Files.exists(directory.resolve("tokenizer.json"))) {
      return;
    }
    BpeTrainer trainer = new BpeTrainer();
    for (Path file : texts) {
      JsonLines.read(file, (record, where) -> addTexts(record, trainer));
    }
    List<BpeTrainer.Merge> merges = trainer.train(shape.vocabSize() - TokenizerFiles.vocabSize(0));
    try {
      AtomicDirectory.fill(
          directory,
          partial -> {
            TokenizerFiles.write(partial, merges);
            Files.write(
                partial.resolve("config.json"),
                new ObjectMapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsBytes(config(shape, TokenizerFiles.vocabSize(merges.size()))));
          });
    } catch (IOException e) {
      throw new TrainingException("train.write", "cannot write " + directory, e);
    }
  }

  /** The texts of a record, whatever its shape; names of roles and keys are not text. */
  private static void addTexts(JsonNode record, BpeTrainer trainer) {
    for (String key : List.of("text", "prompt", "completion")) {
      if (record.path(key).isTextual()) {
        trainer.add(record.path(key).textValue());
      }
    }
    for (JsonNode message : record.path("messages")) {
      trainer.add(message.path("role").asText() + "\n");
      trainer.add(message.path("content").asText());
    }
  }

  private static ObjectNode config(RunConfig.Start.Scratch shape, int vocabSize) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.putArray("architectures").add("LlamaForCausalLM");
    node.put("model_type", "llama").put("hidden_act", "silu");
    node.put("hidden_size", shape.hiddenSize());
    node.put("intermediate_size", shape.intermediateSize());
    node.put("num_hidden_layers", shape.layers());
    node.put("num_attention_heads", shape.heads());
    node.put("num_key_value_heads", shape.kvHeads());
    node.put("vocab_size", vocabSize);
    node.put("max_position_embeddings", shape.positions());
    node.put("rms_norm_eps", 1e-5).put("rope_theta", 10_000.0);
    node.put("attention_bias", false).put("mlp_bias", false);
    node.put("tie_word_embeddings", true);
    node.put("bos_token_id", TokenizerFiles.SPECIAL.indexOf(TokenizerFiles.END_OF_TEXT));
    node.put("eos_token_id", TokenizerFiles.SPECIAL.indexOf(TokenizerFiles.END_OF_TURN));
    return node;
  }
}
