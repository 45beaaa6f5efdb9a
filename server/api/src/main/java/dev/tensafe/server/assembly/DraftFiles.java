package dev.tensafe.server.assembly;

import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.tokenizer.TokenizerMatch;
import java.nio.file.Path;
import java.time.Clock;

/**
 * The files of a draft model, which are known to mean the same by the same tokens as the model it
 * guesses for.
 */
record DraftFiles(ModelFiles files) implements AutoCloseable {
  /**
   * Opens a draft model's directory.
   *
   * @param model directory of the model it guesses for
   * @param vocabSize of that model
   * @throws dev.tensafe.formats.CodedException {@code draft.tokenizer_mismatch} for another
   *     tokenizer or vocabulary, or as {@link ModelFiles#open}
   */
  static DraftFiles open(Path directory, Path model, int vocabSize, Clock clock) {
    ModelFiles files = ModelFiles.open(directory, clock);
    try {
      TokenizerMatch.requireVocabulary(vocabSize, files.config().vocabSize());
      TokenizerMatch.require(model, directory);
      return new DraftFiles(files);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  @Override
  public void close() {
    files.close();
  }
}
