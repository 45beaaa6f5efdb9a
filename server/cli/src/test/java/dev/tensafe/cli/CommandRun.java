package dev.tensafe.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import picocli.CommandLine;

/** What one run of the command line, in this process, gave. */
record CommandRun(int exit, String out, String err) {
  /**
   * @param environment in place of the real one
   */
  static CommandRun of(Map<String, String> environment, String... args) {
    CommandLine line = Main.commandLine(environment);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    int exit = line.execute(args);
    return new CommandRun(exit, out.toString(), err.toString());
  }
}
