package dev.tensafe.cli.training;

import dev.tensafe.training.run.ProgressBar;
import java.io.Console;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.time.InstantSource;

/** The terminal that a command runs in. */
public final class Terminal {
  private Terminal() {}

  /** A progress bar that is drawn in place on a terminal, and line by line into a file. */
  static ProgressBar progress(PrintWriter err) {
    boolean attached = attached();
    return new ProgressBar(
        err, attached, Duration.ofMillis(attached ? 200 : 10_000), InstantSource.system());
  }

  /**
   * Whether somebody types and reads: input and output are a terminal. Since JDK 22 there is a
   * console without a terminal, too; it has a method that says so.
   */
  @SuppressWarnings("SystemConsoleNull") // both answers are looked at
  public static boolean attached() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (IllegalAccessException | InvocationTargetException e) {
      return false;
    }
  }
}
