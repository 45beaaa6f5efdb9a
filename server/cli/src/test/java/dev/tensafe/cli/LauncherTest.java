package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher over a project of one class, with a builder that only says what Maven would. */
class LauncherTest {
  private static final String PROGRAM =
      """
      package dev.tensafe.cli;
      public class Main {
        public static void main(String[] args) throws Exception {
          var file = java.nio.file.Path.of(args[0]);
          String read = java.nio.file.Files.exists(file)
              ? java.nio.file.Files.readString(file)
              : java.lang.management.ManagementFactory.getGarbageCollectorMXBeans().get(0).getName();
          System.out.write((read + " " + System.getenv("LC_ALL")
              + " " + System.getenv("OMP_WAIT_POLICY")).getBytes("UTF-8"));
          System.out.flush();
        }
      }
      """;

  private static final String MAVEN =
      """
      #!/bin/sh
      echo '[INFO] Scanning for projects...'
      echo '[INFO] Building TenSafe 0.1.0                                            [1/2]'
      echo '[INFO] Building TenSafe :: formats 0.1.0                                 [2/2]'
      exit $MAVEN_EXIT
      """;

  @TempDir private Path dir;
  private Path home;

  private record Ended(int exit, String out, String err) {}

  private void project() throws IOException {
    home = Files.createDirectories(dir.resolve("größe 東京"));
    Files.copy(Checkout.root().resolve("tensafe"), home.resolve("tensafe"));
    assertTrue(home.resolve("tensafe").toFile().setExecutable(true));
    Path maven = Files.createDirectories(dir.resolve("bin")).resolve("mvn");
    Files.writeString(maven, MAVEN);
    assertTrue(maven.toFile().setExecutable(true));
    Path source = Files.writeString(dir.resolve("Main.java"), PROGRAM);
    Path classes = Files.createDirectories(home.resolve("server/cli/target/classes"));
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), source.toString()));
  }

  private Ended run(String locale, String maven, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(home.resolve("tensafe").toString()));
    command.addAll(Arrays.asList(args));
    Path errors = dir.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder
        .environment()
        .merge("PATH", dir.resolve("bin").toString(), (old, own) -> own + ":" + old);
    builder
        .environment()
        .keySet()
        .removeAll(List.of("OMP_WAIT_POLICY", "TENSAFE_EXECUTOR", "TENSAFE_CONFIG"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("LC_ALL", locale);
    builder.environment().put("MAVEN_EXIT", maven);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, Files.readString(errors));
  }

  @Test
  void theFirstBuildSaysWhichModuleItIsAtAndTheNextStartSaysNothing() throws Exception {
    project();
    Path file = Files.writeString(dir.resolve("file"), "read");
    Ended first = run("C", "0", file.toString());
    assertEquals(0, first.exit(), first.err());
    assertEquals(
        List.of(
            "building TenSafe (once; the log is in server/cli/target/build.log)",
            "  1/2 TenSafe",
            "  2/2 formats"),
        first.err().lines().toList());
    assertEquals("", run("C", "0", file.toString()).err());
  }

  @Test
  void aFailedBuildEndsWithItsLog() throws Exception {
    project();
    Ended failed = run("C", "1", "x");
    assertEquals(1, failed.exit());
    assertTrue(failed.err().contains("[INFO] Scanning for projects..."), failed.err());
    assertTrue(failed.err().contains("launcher.build: the build failed"), failed.err());
  }

  @Test
  void whatIsForPyTorchIsSetForItAlone() throws Exception {
    project();
    assertEquals("Copy C.UTF-8 null", run("C", "0", "serve", "--model", "m").out());
    for (String[] args :
        new String[][] {
          {"train"}, {"eval"}, {"serve", "--executor", "torch"}, {"serve", "--executor=torch"}
        }) {
      assertEquals("G1 Young Generation C.UTF-8 passive", run("C", "0", args).out());
    }
  }

  /** As the server reads them: a flag wins over the file, a comment is none. */
  @Test
  void anExecutorThatOnlyTheFileNamesCountsToo() throws Exception {
    project();
    String file = dir.resolve("serve settings.yaml").toString();
    for (String text :
        List.of(
            "executor: torch\n",
            "port: 0\r\nexecutor: torch\r\n",
            "\"executor\" : \"torch\" # slow\n",
            "{port: 0, 'executor': 'torch'}\n")) {
      Files.writeString(Path.of(file), text);
      for (String[] args :
          new String[][] {{"serve", "--config", file}, {"serve", "--config=" + file}}) {
        assertEquals("G1 Young Generation C.UTF-8 passive", run("C", "0", args).out(), text);
      }
      assertEquals(
          "Copy C.UTF-8 null",
          run("C", "0", "serve", "--config", file, "--executor", "native").out(),
          text);
    }
    for (String text :
        List.of("# executor: torch\n", "model: m # executor: torch\n", "model: torch\n", "")) {
      Files.writeString(Path.of(file), text);
      assertEquals("Copy C.UTF-8 null", run("C", "0", "serve", "--config", file).out(), text);
    }
    assertEquals("Copy C.UTF-8 null", run("C", "0", "serve", "--config", file + "x").out());
  }

  @Test
  void namesOfFilesArriveWholeInEveryLocale() throws Exception {
    project();
    Path file = Files.writeString(home.resolve("Grüße 🤗.txt"), "read");
    for (String locale : new String[] {"C", "POSIX", "", "C.UTF-8"}) {
      Ended ended = run(locale, "0", file.toString());
      assertEquals(0, ended.exit(), ended.err());
      assertTrue(ended.out().startsWith("read "), ended.out());
    }
  }
}
