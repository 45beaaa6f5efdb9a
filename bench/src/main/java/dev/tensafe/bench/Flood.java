package dev.tensafe.bench;

import dev.tensafe.nativelib.LowPriority;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Connections that send one body again and again, each as soon as the last is answered, half of
 * them to {@code /tokenize} and half to {@code /v1/completions}. Their threads have a low priority,
 * so that sending costs a server on the same cores as little as it can. {@link #close} ends it.
 */
final class Flood implements AutoCloseable {
  private final URI url;
  private final List<Thread> threads = new ArrayList<>();
  private final List<Socket> open = new ArrayList<>();
  private final Map<String, Integer> answers = new TreeMap<>();
  private boolean ended;

  private Flood(URI url) {
    this.url = url;
  }

  static Flood start(URI url, String model, String key, int connections, int bytes) {
    Flood flood = new Flood(url);
    String text = "a".repeat(bytes);
    for (int i = 0; i < connections; i++) {
      boolean tokenize = i % 2 == 0;
      String body =
          tokenize
              ? "{\"prompt\":\"" + text + "\"}"
              : "{\"model\":\"" + model + "\",\"prompt\":\"" + text + "\"}";
      String path = tokenize ? "/tokenize" : "/v1/completions";
      byte[] request = request(url, path, key, body);
      Thread thread = new Thread(() -> flood.run(request), "flood-" + i);
      thread.setDaemon(true);
      flood.threads.add(thread);
      thread.start();
    }
    return flood;
  }

  private static byte[] request(URI url, String path, String key, String body) {
    String head =
        "POST "
            + path
            + " HTTP/1.1\r\nHost: "
            + url.getAuthority()
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + (key.isEmpty() ? "" : "\r\nAuthorization: Bearer " + key)
            + "\r\n\r\n";
    return (head + body).getBytes(StandardCharsets.ISO_8859_1);
  }

  private void run(byte[] request) {
    LowPriority.apply();
    while (!ended()) {
      try (Socket socket = new Socket(url.getHost(), url.getPort())) {
        register(socket);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        boolean kept = true;
        while (kept) {
          send(socket.getOutputStream(), request);
          kept = answered(in);
        }
      } catch (IOException e) {
        count("connection lost");
      }
    }
  }

  /**
   * What follows an answer that came early may fail to be sent; the answer is there all the same.
   */
  private static void send(OutputStream out, byte[] request) {
    try {
      out.write(request);
      out.flush();
    } catch (IOException e) {
      // the answer, or its absence, is what counts
    }
  }

  /** Reads an answer; says whether the connection is kept. */
  private boolean answered(InputStream in) throws IOException {
    String status = line(in);
    int length = 0;
    boolean kept = true;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring("content-length:".length()).strip());
      }
      kept &= !lower.equals("connection: close");
    }
    in.skipNBytes(length);
    count(status.split(" ", 3)[1]);
    return kept;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder out = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the connection ended");
      }
      if (c != '\r') {
        out.append((char) c);
      }
    }
    return out.toString();
  }

  private synchronized void register(Socket socket) throws IOException {
    open.removeIf(Socket::isClosed);
    open.add(socket);
    if (ended) {
      socket.close();
    }
  }

  private synchronized void count(String answer) {
    if (!ended) {
      answers.merge(answer, 1, Integer::sum);
    }
  }

  private synchronized boolean ended() {
    return ended;
  }

  /** How often each status was the answer. */
  synchronized Map<String, Integer> answers() {
    return new TreeMap<>(answers);
  }

  @Override
  public void close() {
    synchronized (this) {
      ended = true;
      for (Socket socket : open) {
        try {
          socket.close();
        } catch (IOException e) {
          // it is gone in any case
        }
      }
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
