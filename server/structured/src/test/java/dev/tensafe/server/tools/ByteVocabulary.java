package dev.tensafe.server.tools;

import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.grammar.regex.Regexes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A vocabulary of every byte, some longer texts, and special tokens; and answers made of it. */
final class ByteVocabulary {
  /** Texts that lead on, so that random answers come to an end. */
  private static final List<String> ENDS =
      List.of(
          "\"",
          "}",
          "]",
          ")",
          "\n</parameter>\n",
          "</function>\n",
          "</think>",
          "</tool_call>",
          "\n");

  private final List<byte[]> texts = new ArrayList<>();
  private final Map<Integer, String> specials = new HashMap<>();
  private final Set<String> names;

  ByteVocabulary(Set<String> specials) {
    this.names = specials;
    for (int i = 0; i < 256; i++) {
      texts.add(new byte[] {(byte) i});
    }
    for (String text : ENDS) {
      texts.add(text.getBytes(StandardCharsets.UTF_8));
    }
    for (String text :
        List.of("<tool_call>", "{\"name\": \"", "é\ud83d", "[now(", "\": ", "<think>")) {
      texts.add(text.getBytes(StandardCharsets.UTF_8));
    }
    for (String name : specials) {
      this.specials.put(texts.size(), name);
      texts.add(new byte[0]);
    }
  }

  Matcher matcher(ToolFormat format, ToolRequest request, Thinking thinking) {
    Grammar.Builder builder = new Grammar.Builder(new Regexes(400_000), 200_000);
    int start = ToolGrammar.write(builder, format, request, thinking, names);
    return matcher(builder.build(start));
  }

  Matcher matcher(Grammar grammar) {
    return new CompiledGrammar(grammar, TokenTrie.of(texts, specials)).matcher();
  }

  /** Follows a text byte by byte, special tokens as such; false where it may not go on. */
  boolean follow(Matcher matcher, String text) {
    int at = 0;
    while (at < text.length()) {
      String rest = text.substring(at);
      Integer special = null;
      for (Map.Entry<Integer, String> entry : specials.entrySet()) {
        if (rest.startsWith(entry.getValue())) {
          special = entry.getKey();
        }
      }
      if (special != null) {
        if (!matcher.accept(special)) {
          return false;
        }
        at += specials.get(special).length();
        continue;
      }
      int end = rest.offsetByCodePoints(0, 1);
      for (byte value : rest.substring(0, end).getBytes(StandardCharsets.UTF_8)) {
        if (!matcher.accept(value & 0xff)) {
          return false;
        }
      }
      at += end;
    }
    return true;
  }

  /** A random answer; null where it did not end within some steps. */
  String sample(Matcher matcher, Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int step = 0; step < 4_000; step++) {
      if (matcher.mayEnd() && (matcher.mustEnd() || random.nextInt(3) == 0)) {
        return out.toString(StandardCharsets.UTF_8);
      }
      long[] mask = matcher.mask();
      List<Integer> allowed = new ArrayList<>();
      List<Integer> ends = new ArrayList<>();
      for (int id = 0; id < texts.size(); id++) {
        if ((mask[id >> 6] >>> id & 1) != 0) {
          allowed.add(id);
          if (id >= 256 && id < 256 + ENDS.size() || ENDS.contains(String.valueOf((char) id))) {
            ends.add(id);
          }
        }
      }
      if (allowed.isEmpty()) {
        throw new AssertionError("nothing may follow " + out.toString(StandardCharsets.UTF_8));
      }
      List<Integer> from = ends.isEmpty() || random.nextInt(3) == 0 ? allowed : ends;
      int id = from.get(random.nextInt(from.size()));
      if (!matcher.accept(id)) {
        throw new AssertionError("allowed, but not accepted: " + id);
      }
      String special = specials.get(id);
      out.writeBytes(special == null ? texts.get(id) : special.getBytes(StandardCharsets.UTF_8));
    }
    return null;
  }
}
