package dev.tensafe.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;

/** What one run of the command line, in this process, gave. */
record CommandRun(int exit, String out, String err) {
  /**
   * @param environment in place of the real one; the user's cache lies among what is built here
   */
  static CommandRun of(Map<String, String> environment, String... args) {
    Map<String, String> all = new HashMap<>(environment);
    all.putIfAbsent("XDG_CACHE_HOME", Path.of("target", "cache").toAbsolutePath().toString());
    CommandLine line = Main.commandLine(all);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    int exit = line.execute(args);
    return new CommandRun(exit, out.toString(), err.toString());
  }
}
