package dev.tensafe.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.training.TrainingException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads files of one JSON object per line, as Python writes them too. */
public final class JsonLines {
  private JsonLines() {}

  /** Takes one record. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @param where file and line, for errors
     */
    void accept(JsonNode record, String where);
  }

  /**
   * Reads all records; empty lines are skipped.
   *
   * @throws TrainingException {@code data.missing}, {@code data.unreadable}, {@code data.encoding}
   *     for what is not UTF-8, {@code data.invalid_json}; the latter name the line
   */
  public static void read(Path file, Sink sink) {
    String name = file.getFileName().toString();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      int number = 0;
      for (byte[] line = line(in); line != null; line = line(in)) {
        number++;
        String where = name + " line " + number;
        String text = text(line, where);
        if (!text.isBlank()) {
          sink.accept(parse(text, where), where);
        }
      }
    } catch (NoSuchFileException e) {
      throw new TrainingException("data.missing", "there is no file " + file, e);
    } catch (IOException e) {
      throw new TrainingException("data.unreadable", "cannot read " + file, e);
    }
  }

  /** The bytes before the next line feed; null at the end. */
  private static byte @Nullable [] line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    for (; next >= 0 && next != '\n'; next = in.read()) {
      line.write(next);
    }
    return line.toByteArray();
  }

  private static String text(byte[] line, String where) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new TrainingException("data.encoding", where + " is not UTF-8", e);
    }
  }

  private static JsonNode parse(String line, String where) {
    try {
      return PythonJson.parseObject(line.getBytes(StandardCharsets.UTF_8), where, "data");
    } catch (FormatException e) {
      // a record is one line: only the column within it says more
      throw new TrainingException(
          e.code(),
          e.description()
              .replaceFirst(
                  " is not valid JSON \\(line 1, (column \\d+)\\)", ", $1: not valid JSON"));
    }
  }
}
