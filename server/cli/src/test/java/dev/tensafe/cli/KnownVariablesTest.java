package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.KnownVariables;
import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The lists of known variables say what commands, scripts and sources really read. */
class KnownVariablesTest {
  /** A shell's expansion, Java's and C++'s question, and the constant C++ asks by. */
  private static final Pattern READ =
      Pattern.compile(
          "\\$\\{?(TENSAFE_[A-Z_]+)"
              + "|getenv\\(\"(TENSAFE_[A-Z_]+)\"\\)"
              + "|kKernelVariable\\[] = \"(TENSAFE_[A-Z_]+)\"");

  private static final Set<String> NOT_OURS = Set.of("target", "node_modules", ".git");

  @Test
  void optionsOfServeAreKnown() {
    CommandLine serve = Main.commandLine(Map.of()).getSubcommands().get("serve");
    Set<String> variables = new TreeSet<>();
    for (OptionSpec option : serve.getCommandSpec().options()) {
      if (!option.usageHelp() && !option.versionHelp()) {
        String name = option.longestName().substring(2).replace('-', '_');
        variables.add("TENSAFE_" + name.toUpperCase(Locale.ROOT));
      }
    }
    assertEquals(variables, new TreeSet<>(KnownVariables.SERVE));
  }

  /** Else a variable could belong to two commands. */
  @Test
  void noOptionHoldsWhatEndsAPrefix() {
    Main.commandLine(Map.of()).getSubcommands().values().forEach(KnownVariablesTest::checkPrefix);
  }

  private static void checkPrefix(CommandLine command) {
    Class<?> type = command.getCommandSpec().userObject().getClass();
    FromEnvironment read = type.getAnnotation(FromEnvironment.class);
    if (read != null) {
      assertTrue(
          read.prefix().equals("TENSAFE_") || read.prefix().matches("TENSAFE_[A-Z_]*[A-Z]__"),
          read.prefix());
    }
    for (OptionSpec option : command.getCommandSpec().options()) {
      assertTrue(option.longestName().matches("--[a-z0-9]+(-[a-z0-9]+)*"), option.longestName());
    }
    command.getSubcommands().values().forEach(KnownVariablesTest::checkPrefix);
  }

  @Test
  void variablesOfScriptsAndSourcesAreKnown() throws IOException {
    Set<String> read = new TreeSet<>();
    Files.walkFileTree(
        Checkout.root(),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            return NOT_OURS.contains(path.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (isSource(file, attributes)) {
              Matcher matcher =
                  READ.matcher(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
              while (matcher.find()) {
                read.add(matcher.group().replaceAll(".*?(TENSAFE_[A-Z_]+).*", "$1"));
              }
            }
            return FileVisitResult.CONTINUE;
          }
        });
    // the launcher looks which executor serves
    read.removeAll(KnownVariables.SERVE);
    assertEquals(new TreeSet<>(KnownVariables.OTHERS), read);
  }

  private static boolean isSource(Path file, BasicFileAttributes attributes) {
    String name = file.getFileName().toString();
    return attributes.isRegularFile()
        && attributes.size() < 1 << 20
        && (!name.contains(".") || name.matches(".*\\.(java|cpp|hpp|sh|js|yaml|yml|xml)"));
  }
}
