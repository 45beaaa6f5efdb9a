package dev.tensafe.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.training.TrainingException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads files of one JSON object per line. */
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
   *     for what is not UTF-8, {@code data.invalid_json} naming the line
   */
  public static void read(Path file, Sink sink) {
    String name = file.getFileName().toString();
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      int number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank()) {
          String where = name + " line " + number;
          sink.accept(parse(line, where), where);
        }
      }
    } catch (NoSuchFileException e) {
      throw new TrainingException("data.missing", "there is no file " + file, e);
    } catch (CharacterCodingException e) {
      throw new TrainingException("data.encoding", file + " is not UTF-8", e);
    } catch (IOException e) {
      throw new TrainingException("data.unreadable", "cannot read " + file, e);
    }
  }

  private static JsonNode parse(String line, String where) {
    try {
      return Json.parseObject(line.getBytes(StandardCharsets.UTF_8), where, "data");
    } catch (FormatException e) {
      throw new TrainingException(e.code(), e.description());
    }
  }
}
