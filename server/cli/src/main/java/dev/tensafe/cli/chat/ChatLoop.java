package dev.tensafe.cli.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.runtime.Interrupts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;

/**
 * Reads a line, prints the answer as it comes, and again. On a terminal an error is printed and the
 * next line read; from a pipe it ends the program, whose answers somebody counts on.
 */
final class ChatLoop {
  private static final String NEW = "/new";

  private final Conversation talk;
  private final ChatClient client;
  private final boolean terminal;
  private final PrintWriter out;
  private final PrintWriter err;

  ChatLoop(
      Conversation talk, ChatClient client, boolean terminal, PrintWriter out, PrintWriter err) {
    this.talk = talk;
    this.client = client;
    this.terminal = terminal;
    this.out = out;
    this.err = err;
  }

  /** Runs to the end of the input; returns the exit code. */
  int run(InputStream in) {
    // without an answer to end, the signal ends the program
    Interrupts.handle(client::stop);
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8));
    try {
      prompt();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.strip().equals(NEW)) {
          talk.beginAnew();
        } else if (!line.isBlank()) {
          answer(line);
        }
        prompt();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("standard input cannot be read", e);
    }
    if (terminal) {
      out.println();
    }
    return 0;
  }

  private void answer(String question) {
    try {
      String reason =
          talk.ask(
              question,
              text -> {
                out.print(text);
                out.flush();
              });
      out.println();
      if (reason.equals("length")) {
        err.println("(the answer was cut at its most tokens)");
      }
    } catch (ChatException e) {
      if (!terminal) {
        throw e;
      }
      err.println(e.code() + ": " + e.description());
    }
  }

  private void prompt() {
    if (terminal) {
      out.print("> ");
      out.flush();
    }
  }
}
