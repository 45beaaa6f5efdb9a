package dev.tensafe.cli.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.cli.TinyServers;
import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code tensafe chat} as a process with pipes, against a server of this build over a socket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatTest {
  private Path dir;
  private Path key;
  private ServerAssembly server;
  private String url;

  private record Ended(int exit, String out, String err) {}

  @BeforeAll
  void serve(@TempDir Path temporary) throws Exception {
    dir = temporary;
    Path model = dir.resolve("m");
    Path keys = dir.resolve("keys.json");
    key = dir.resolve("key");
    Files.writeString(key, new ApiKeyFile(keys).add("a", Set.of(ApiKeys.Scope.INFER)) + "\n");
    server = TinyServers.load(model, 20_000, keys);
    url = server.listen();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.tensafe.cli.Main"));
    command.add("chat");
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectError(dir.resolve("err").toFile()).start();
  }

  private Ended end(Process process, @Nullable String input) throws Exception {
    try (OutputStream in = process.getOutputStream()) {
      in.write((input == null ? "" : input).getBytes(StandardCharsets.UTF_8));
    }
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, Files.readString(dir.resolve("err")));
  }

  private Ended chat(String input, String... more) throws Exception {
    List<String> args =
        new ArrayList<>(
            List.of("--url", url, "--api-key-file", key.toString(), "--temperature", "0"));
    args.addAll(List.of(more));
    return end(start(args.toArray(new String[0])), input);
  }

  private static void refused(Ended ended, String line) {
    assertEquals(1, ended.exit(), ended.err());
    List<String> lines = ended.err().lines().filter(l -> !l.contains(" WARNING ")).toList();
    assertEquals(1, lines.size(), ended.err());
    assertTrue(lines.get(0).startsWith(line), ended.err());
  }

  @Test
  void everyLineOfAPipeIsAnsweredAndTheConversationIsKept() throws Exception {
    String[] small = {"--max-tokens", "12", "--model", "tiny"};
    Ended one = chat("Grüße\n", small);
    assertEquals(0, one.exit(), one.err());
    assertFalse(one.out().isBlank());
    Ended two = chat("Grüße\n\nGrüße\n", small);
    assertTrue(two.out().startsWith(one.out()), two.out());
    String second = two.out().substring(one.out().length());
    // greedy, and yet another answer: what was said before is part of the question
    assertFalse(second.isBlank() || second.equals(one.out()), two.out());
    Ended anew = chat("Grüße\n/new\nGrüße\n", small);
    assertEquals(one.out() + one.out(), anew.out());
    Ended told = chat("Grüße\n", "--max-tokens", "12", "--system", "Be brief.");
    assertFalse(told.out().equals(one.out()), told.out());
  }

  @Test
  void anInterruptEndsTheAnswerAndNotTheConversation() throws Exception {
    Process process =
        start("--url", url + "/v1/", "--api-key-file", key.toString(), "--max-tokens", "15000");
    try {
      OutputStream in = process.getOutputStream();
      in.write("a\n".getBytes(StandardCharsets.UTF_8));
      in.flush();
      InputStream out = process.getInputStream();
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      for (int i = 0; i < 20; i++) {
        answer.write(out.read());
      }
      assertEquals(
          0, new ProcessBuilder("kill", "-INT", "" + process.pid()).inheritIO().start().waitFor());
      Ended ended = end(process, "/new\n");
      assertEquals(0, ended.exit(), ended.err());
      assertTrue(ended.out().endsWith("\n"), "the answer ends with a line");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatIsWrongIsOneLine() throws Exception {
    refused(
        chat("", "--model", "tiyn"),
        "chat.model: the server has no model tiyn (did you mean tiny?); it has tiny");
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    String none = "http://127.0.0.1:" + free;
    refused(
        end(start("--url", none), null),
        "chat.unreachable: there is no server at " + none + "/v1/");
    refused(end(start("--url", url), null), "chat.api_key: the server wants an API key");
    Path wrong = Files.writeString(dir.resolve("wrong"), "tsk-wrong");
    refused(
        end(start("--url", url, "--api-key-file", wrong.toString()), null),
        "chat.api_key: the server refuses the API key");
    refused(end(start("--url", "localhost"), null), "config.url: url is 'localhost'; it must be");
    refused(
        end(start("--url", url.replace("http:", "https:")), null),
        "chat.tls: no trusted TLS connection");
    refused(
        end(start("--url", url, "--api-key-file", key.toString(), "--temperature", "99"), "a\n"),
        "chat.refused: the server refuses: ");
    refused(chat("a\n", "--max-tokens", "30000"), "chat.refused: the server refuses: ");
  }
}
