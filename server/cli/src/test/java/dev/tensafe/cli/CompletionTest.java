package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What bash offers once it has read the script of {@code tensafe completion}. */
class CompletionTest {
  @TempDir private Path dir;

  private List<String> offered(String... words) throws Exception {
    CommandRun script = CommandRun.of(Map.of(), "completion", "bash");
    assertEquals(0, script.exit(), script.err());
    Files.writeString(dir.resolve("script"), script.out());
    String ask =
        """
        source "$0/script"
        function=$(complete -p tensafe | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        $function tensafe "${@: -1}" "${@: -2:1}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """;
    List<String> command = new ArrayList<>(List.of("bash", "-c", ask, dir.toString()));
    command.addAll(List.of(words));
    ProcessBuilder bash = new ProcessBuilder(command).redirectErrorStream(true);
    Process process = bash.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    return out.lines().map(String::strip).toList();
  }

  @Test
  void bashOffersCommandsOptionsAndValues() throws Exception {
    assertTrue(offered("tensafe", "ser").contains("serve"));
    assertTrue(offered("tensafe", "serve", "--max-m").contains("--max-model-len"));
    assertTrue(offered("tensafe", "apikey", "ro").contains("rotate"));
    assertTrue(
        offered("tensafe", "pack", "--mode", "").stream().anyMatch(w -> w.equalsIgnoreCase("he")));
    assertTrue(offered("tensafe", "chat", "--").contains("--api-key-file"));
  }

  @Test
  void anotherShellIsRefusedWithThoseThereAre() {
    CommandRun run = CommandRun.of(Map.of(), "completion", "fish");
    assertEquals(2, run.exit());
    assertTrue(run.err().contains("is 'fish'; it must be bash or zsh"), run.err());
  }
}
