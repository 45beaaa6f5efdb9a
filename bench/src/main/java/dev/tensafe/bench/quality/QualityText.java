package dev.tensafe.bench.quality;

import dev.tensafe.bench.BenchException;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.template.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A held-out text as a model reads it: windows of tokens that know nothing of each other.
 *
 * @param windows of at least two tokens each
 */
public record QualityText(List<int[]> windows) {
  /** More positions tell little about number formats and take long. */
  private static final int LONGEST_WINDOW = 2048;

  private static final Pattern EMPTY_LINES = Pattern.compile("\\R\\s*\\R");

  public QualityText {
    windows = List.copyOf(windows);
  }

  /**
   * Reads a file.
   *
   * @param dialogues whether the file holds dialogues, parted by empty lines: a line of the user,
   *     one of the assistant, and so on, each dialogue a text of its own under the model's chat
   *     template; otherwise the file is one text
   * @param maxTokens at most so many tokens are taken
   * @throws BenchException {@code bench.text} when it cannot be read, {@code bench.no_template},
   *     {@code bench.short_text} when there is no token to predict
   */
  public static QualityText read(Path file, ModelFiles model, boolean dialogues, int maxTokens) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new BenchException("bench.text", "cannot read " + file + ": " + e, e);
    }
    List<int[]> texts = new ArrayList<>();
    if (dialogues) {
      ChatTemplate template = model.chatTemplate();
      if (template == null) {
        throw new BenchException("bench.no_template", "the model has no chat template", null);
      }
      for (String dialogue : EMPTY_LINES.split(text.strip(), -1)) {
        List<String> lines = dialogue.lines().toList();
        List<Map<String, Object>> messages = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
          String role = i % 2 == 0 ? "user" : "assistant";
          messages.add(Map.of("role", role, "content", lines.get(i)));
        }
        texts.add(model.tokenizer().encode(template.render(messages, false), false));
      }
    } else {
      texts.add(model.tokenizer().encode(text, true));
    }
    int longest = Math.min(model.config().maxPositions(), LONGEST_WINDOW);
    QualityText out = cut(texts, longest, maxTokens);
    if (out.predicted() == 0) {
      throw new BenchException(
          "bench.short_text", file + " has fewer than two tokens: there is none to predict", null);
    }
    return out;
  }

  /** Cuts texts into windows. A rest of one token is left out: it predicts nothing. */
  static QualityText cut(List<int[]> texts, int longest, int maxTokens) {
    List<int[]> windows = new ArrayList<>();
    int left = maxTokens;
    for (int[] text : texts) {
      for (int at = 0; at < text.length; at += longest) {
        int end = Math.min(text.length, at + Math.min(longest, left));
        if (end - at >= 2) {
          windows.add(Arrays.copyOfRange(text, at, end));
          left -= end - at;
        }
      }
    }
    return new QualityText(windows);
  }

  /** Tokens that are predicted: all but the first of each window. */
  public int predicted() {
    return windows.stream().mapToInt(window -> window.length - 1).sum();
  }

  /** The longest window. */
  int longest() {
    return windows.stream().mapToInt(window -> window.length).max().orElse(0);
  }

  /** Sizes only. */
  @Override
  public String toString() {
    return "QualityText[" + windows.size() + " windows, " + predicted() + " predicted]";
  }
}
