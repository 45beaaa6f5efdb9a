package dev.tensafe.server.train;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A training service in a process of its own, which may be killed at any time. */
final class TrainProcess implements AutoCloseable {
  private final Process process;
  private final String url;

  private TrainProcess(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  static TrainProcess start(Path state) throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    TrainProcess.class.getName(),
                    state.toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith("http")) {
        return new TrainProcess(process, line);
      }
    }
    throw new IOException("the service ended before it listened");
  }

  /** The program: serves until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    TrainServer server = TrainServers.start(TrainServers.settings(Path.of(args[0]), null, null));
    System.out.println(server.listen());
    System.out.flush();
    Thread.currentThread().join();
  }

  TrainCalls calls() {
    return new TrainCalls(url, null);
  }

  /** As a power cut would: nothing is asked, nothing is flushed. */
  @Override
  public void close() {
    process.destroyForcibly();
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
