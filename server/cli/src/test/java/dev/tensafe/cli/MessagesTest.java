package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What is wrong with an option, a variable or a key is one line: place, value, what is right. */
class MessagesTest {
  private static CommandRun line(Map<String, String> environment, String... args) {
    CommandRun run = CommandRun.of(environment, args);
    assertEquals(2, run.exit(), run.err());
    assertEquals(1, run.err().strip().lines().count(), run.err());
    assertEquals("", run.out());
    return run;
  }

  private static void says(String line, String... args) {
    assertEquals(line, line(Map.of(), args).err().strip());
  }

  /** All commands below one, with the words that name them. */
  private static List<List<String>> commands(CommandSpec command, List<String> words) {
    List<List<String>> out = new ArrayList<>(List.of(words));
    for (Map.Entry<String, CommandLine> entry : command.subcommands().entrySet()) {
      List<String> next = new ArrayList<>(words);
      next.add(entry.getKey());
      out.addAll(commands(entry.getValue().getCommandSpec(), next));
    }
    return out;
  }

  private static CommandSpec spec(List<String> words) {
    CommandSpec spec = Main.commandLine(Map.of()).getCommandSpec();
    for (String word : words) {
      spec = spec.subcommands().get(word).getCommandSpec();
    }
    return spec;
  }

  private static boolean takesAnyText(OptionSpec option) {
    Class<?> type = option.isMultiValue() ? option.auxiliaryTypes()[0] : option.type();
    return type == String.class || type == Path.class;
  }

  @Test
  void everyOptionOfEveryCommandRefusesAWrongValueInOneLine() {
    int tried = 0;
    for (List<String> words : commands(spec(List.of()), List.of())) {
      for (OptionSpec option : spec(words).options()) {
        if (option.arity().max() == 0 || takesAnyText(option)) {
          continue;
        }
        List<String> args = new ArrayList<>(words);
        args.add(option.longestName());
        args.add("wr\u001bong");
        String key = option.longestName().substring(2);
        String err = line(Map.of(), args.toArray(new String[0])).err();
        assertTrue(
            err.startsWith("config." + key + ": --" + key + " is 'wr?ong'; it must be "), err);
        tried++;
      }
    }
    assertTrue(tried > 30, tried + " options");
  }

  @Test
  void everyCommandNamesTheNearestOptionOfAnUnknownOne() {
    for (List<String> words : commands(spec(List.of()), List.of())) {
      List<String> args = new ArrayList<>(words);
      args.add("--hepl=secret");
      String err = line(Map.of(), args.toArray(new String[0])).err();
      assertTrue(err.contains(" has no option --hepl (did you mean --help?); see tensafe"), err);
    }
  }

  @Test
  void everyNumberOfAFileIsRefusedWithFileKeyAndValue(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("c.yaml");
    int tried = 0;
    for (OptionSpec option : spec(List.of("serve")).options()) {
      String key = option.longestName().substring(2);
      if (option.arity().max() == 0 || takesAnyText(option)) {
        continue;
      }
      Files.writeString(file, key + ": abc\n");
      String err = line(Map.of(), "serve", "--config", file.toString()).err();
      assertTrue(
          err.startsWith("config." + key + ": " + file + ": " + key + " is 'abc'; it must be "),
          err);
      tried++;
    }
    assertTrue(tried > 10, tried + " keys");
  }

  @Test
  void theWordsAreThese(@TempDir Path dir) throws IOException {
    says(
        "config.port: --port is 'abc'; it must be a whole number, such as 8000",
        "serve",
        "--port",
        "abc");
    says(
        "config.port: --port is '99999999999'; it must be a whole number, at most 2147483647",
        "serve",
        "--port=99999999999");
    says("config.mode: --mode is 'hee'; it must be plain or he", "pack", "--mode", "hee");
    says(
        "usage.unknown: serve has no option --prot (did you mean --port?); see tensafe serve --help",
        "serve",
        "--prot",
        "80");
    says(
        "usage.unknown: tensafe has no subcommand 'serv' (did you mean serve?); see tensafe --help",
        "serv");
    says(
        "usage.unknown: eval has no option --modle (did you mean --model?); see tensafe eval --help",
        "eval",
        "--modle=x",
        "--data=y");
    says(
        "config.temperature: --temperature is 'hot'; it must be a number",
        "chat",
        "--temperature=hot");
    says("usage.missing: eval needs --model, --data; see tensafe eval --help", "eval");
    says(
        "usage.missing: serve needs a value after --port; see tensafe serve --help",
        "serve",
        "--port");
    Path file = Files.writeString(dir.resolve("c.yaml"), "port: abc\n");
    says(
        "config.port: " + file + ": port is 'abc'; it must be a whole number, such as 8000",
        "serve",
        "--config",
        file.toString());
    assertEquals(
        "config.port: TENSAFE_PORT is 'x'; it must be a whole number, such as 8000",
        line(Map.of("TENSAFE_PORT", "x"), "serve").err().strip());
  }

  @Test
  void aValueOutOfRangeIsFollowedByThePlaceThatSetIt(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("c.yaml"), "port: 70000\n");
    CommandRun run =
        CommandRun.of(Map.of(), "serve", "--config", file.toString(), "--model", "/none");
    assertEquals(
        "config.port: port is 70000; it must be from 0 to 65535; it is set by " + file,
        run.err().strip().lines().toList().get(0));
    CommandRun variable =
        CommandRun.of(Map.of("TENSAFE_PORT", "70001"), "serve", "--model", "/none");
    assertTrue(variable.err().contains("; it is set by TENSAFE_PORT"), variable.err());
    CommandRun flag =
        CommandRun.of(
            Map.of(), "serve", "--model=/none", "--config", file.toString(), "--port", "70002");
    assertTrue(flag.err().contains("port is 70002"), flag.err());
    assertFalse(flag.err().contains("it is set by"), flag.err());
  }

  @Test
  void aKeyWithAMappingIsRefusedWithItsFile(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("c.yaml");
    for (String value : new String[] {"{a: 1}", "", "[[1]]", "[{a: 1}]", "[8123]", "[1, 2]"}) {
      Files.writeString(file, "port: " + value + "\n");
      CommandRun run = CommandRun.of(Map.of(), "serve", "--config", file.toString());
      assertEquals(1, run.exit());
      assertTrue(run.err().startsWith("config.port: " + file + ": port is "), run.err());
      assertEquals(1, run.err().strip().lines().count(), run.err());
    }
  }

  @Test
  void aFileThatCanBeReadInTwoWaysIsRefused(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("c.yaml");
    Files.writeString(file, "port: 1\nhost: a\nport: 2\n");
    String twice = CommandRun.of(Map.of(), "serve", "--config", file.toString()).err();
    assertEquals("config.file: " + file + " has a key twice (line 3)", twice.strip());
    Files.write(file, new byte[] {'p', (byte) 0xe9, ':', ' ', '1'});
    String latin = CommandRun.of(Map.of(), "serve", "--config", file.toString()).err();
    assertEquals("config.file: " + file + " is not UTF-8", latin.strip());
  }

  @Test
  void withoutAnyArgumentTheCommandsAreListed() {
    CommandRun run = CommandRun.of(Map.of());
    assertEquals(2, run.exit());
    assertTrue(run.err().contains("adapter-host"), run.err());
  }

  @Test
  void packSaysWhatATokenCostsABudget() {
    String help = CommandRun.of(Map.of(), "pack", "--help").out().replaceAll("\\s+", " ");
    assertTrue(help.contains("counts a token once, whatever the number of layers"), help);
    assertTrue(help.contains("no cover rows, no probes"), help);
  }
}
