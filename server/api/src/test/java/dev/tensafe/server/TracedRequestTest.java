package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.HeException;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.owner.host.HostSpans;
import dev.tensafe.testkit.OtlpReceiver;
import dev.tensafe.testkit.OtlpReceiver.Received;
import dev.tensafe.tracing.Tracing;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The spans of requests of each mode, as a collector gets them. */
class TracedRequestTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + SPAN + "-01";

  @TempDir Path dir;

  @Test
  void aStreamedChatIsATreeUnderItsClientsSpan() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TestServer server = TestServer.traced(TestServer.model(dir), null, null, receiver)) {
      HttpResponse<String> answer =
          server.post(
              "/v1/chat/completions",
              "{\"model\":\"tiny\",\"stream\":true,\"max_tokens\":4,\"ignore_eos\":true,"
                  + "\"temperature\":0.5,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}",
              "traceparent",
              PARENT);
      assertEquals(200, answer.statusCode(), answer.body());
      Received request = receiver.await("the request", s -> s.name().equals("chat tiny"));
      assertEquals(TRACE, request.trace());
      assertEquals(SPAN, request.parent());
      assertEquals("SERVER", request.kind());
      assertEquals(
          "00-" + TRACE + "-" + request.id() + "-01",
          answer.headers().firstValue("traceparent").orElseThrow());
      assertEquals("chat", request.get("gen_ai.operation.name"));
      assertEquals("tensafe", request.get("gen_ai.provider.name"));
      assertEquals("tiny", request.get("gen_ai.request.model"));
      assertEquals("4", request.get("gen_ai.request.max_tokens"));
      assertEquals("0.5", request.get("gen_ai.request.temperature"));
      assertEquals("4", request.get("gen_ai.usage.output_tokens"));
      assertEquals("[length]", request.get("gen_ai.response.finish_reasons"));
      assertEquals("base", request.get("tensafe.mode"));
      assertEquals("200", request.get("http.response.status_code"));
      assertEquals(
          answer.headers().firstValue("X-Request-Id").orElseThrow(),
          request.get("tensafe.request.id"));
      receiver.await(
          "its stream", s -> s.parent().equals(request.id()) && s.name().equals("stream"));
      List<Received> parts = receiver.children(request);
      assertEquals(
          Set.of("tokenize", "queue", "prefill", "decode", "stream"),
          parts.stream().map(Received::name).collect(Collectors.toSet()));
      for (Received part : parts) {
        assertTrue(part.startNanos() >= request.startNanos(), part.name());
        assertTrue(part.endNanos() <= request.endNanos(), part.name());
        assertFalse(part.error());
      }
      Received step = receiver.await("a step", s -> s.name().equals("engine step"));
      assertEquals(List.of(TRACE + "/" + request.id()), step.links());
      assertFalse(step.trace().equals(TRACE));
      assertEquals(List.of(), receiver.faults());
    }
  }

  private static String ask(String model, int tokens) {
    return "{\"model\":\""
        + model
        + "\",\"max_tokens\":"
        + tokens
        + ",\"ignore_eos\":true,\"temperature\":0,\"prompt\":\"hello\"}";
  }

  private static TestServer.Adapters adapters(
      Path dir, AdapterOwner owner, TestServer.EncryptedModeFactory mode) {
    return new TestServer.Adapters(
        dir.resolve("adapters"), owner, 256 << 20, 256, Optional.of(mode), List.of());
  }

  private static LinkConfig quick() {
    return HeSetup.quick(Profile.FAST, 30_000);
  }

  @Test
  void aPlainAdaptersUploadAndRequestAreTraced() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TestServer server =
            TestServer.traced(
                model,
                null,
                new TestServer.Adapters(dir.resolve("adapters"), owner, 256 << 20, 256),
                receiver)) {
      assertEquals(201, server.upload(owner.pack("mine", 1, owner.peft(2))).statusCode());
      Received upload = receiver.await("the upload", s -> s.name().equals("upload_adapter"));
      Received verify = receiver.await("its check", s -> s.name().equals("verify package"));
      assertEquals(upload.id(), verify.parent());
      assertEquals(200, server.post("/v1/completions", ask("mine", 3)).statusCode());
      Received request =
          receiver.await("the request", s -> s.name().equals("text_completion mine"));
      assertEquals("plain", request.get("tensafe.mode"));
      assertEquals(verify.get("tensafe.adapter.digest"), request.get("tensafe.adapter.digest"));
      assertEquals(
          Set.of("tokenize", "queue", "prefill", "decode"),
          receiver.children(request).stream().map(Received::name).collect(Collectors.toSet()));
      // a bad package
      Path bad = dir.resolve("bad.tssp");
      Files.write(bad, new byte[5000]);
      HttpResponse<String> refused = server.upload(bad);
      assertEquals(400, refused.statusCode(), refused.body());
      Received failed = receiver.await("the refusal", s -> s.error());
      assertTrue(failed.get("error.type").startsWith("tssp."), failed.get("error.type"));
    }
  }

  @Test
  void aLoadIsTracedWithItsVerification() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    TestServer.Adapters adapters =
        new TestServer.Adapters(dir.resolve("adapters"), owner, 256 << 20, 256);
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TestServer server = TestServer.traced(model, null, adapters, receiver)) {
      assertEquals(201, server.upload(owner.pack("mine", 1, owner.peft(2))).statusCode());
      assertEquals(201, server.upload(owner.pack("bad", 1, owner.peft(3))).statusCode());
    }
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TestServer server = TestServer.traced(model, null, adapters, receiver)) {
      // nothing is in memory after a start
      assertEquals(200, server.post("/v1/completions", ask("mine", 3)).statusCode());
      Received request =
          receiver.await("the request", s -> s.name().equals("text_completion mine"));
      Received load = receiver.await("the load", s -> s.name().equals("load adapter"));
      assertEquals(request.id(), load.parent());
      Received verify = receiver.await("the check", s -> s.name().equals("verify package"));
      assertEquals(load.id(), verify.parent());
      assertEquals(request.get("tensafe.adapter.digest"), load.get("tensafe.adapter.digest"));
      assertEquals(request.get("tensafe.adapter.digest"), verify.get("tensafe.adapter.digest"));
      assertTrue(verify.startNanos() >= load.startNanos());
      assertTrue(verify.endNanos() <= load.endNanos());
      assertFalse(load.error() || verify.error());
      // it is there now
      assertEquals(200, server.post("/v1/completions", ask("mine", 3)).statusCode());
      String digest = server.registry.orElseThrow().find("bad").orElseThrow().info().digest();
      alter(digest);
      assertEquals(503, server.post("/v1/completions", ask("bad", 3)).statusCode());
      Received failed =
          receiver.await("the failure", s -> s.name().equals("load adapter") && s.error());
      Received refused =
          receiver.await("the refusal", s -> s.name().equals("verify package") && s.error());
      assertEquals(failed.id(), refused.parent());
      assertEquals("adapter_unavailable", failed.get("error.type"));
      assertTrue(refused.get("error.type").startsWith("tssp."), refused.get("error.type"));
      assertEquals(digest, refused.get("tensafe.adapter.digest"));
      assertEquals(2, receiver.spans().stream().filter(s -> s.name().startsWith("load")).count());
    }
  }

  /** Changes a byte of a part of a stored package. */
  private void alter(String digest) throws Exception {
    try (Stream<Path> files = Files.walk(dir.resolve("adapters"))) {
      Path stored =
          files.filter(f -> f.getFileName().toString().contains(digest)).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(stored);
      bytes[bytes.length - 100] ^= 1;
      Files.write(stored, bytes);
    }
  }

  @Test
  void anAdapterHostGoesOnWithTheTraceWhereBothSidesAgree() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing theirs = TestServer.tracing(receiver, "tensafe-adapter-host");
        HeSetup host = HeSetup.unix(owner, dir)) {
      host.host.traceWith(HostSpans.of(theirs));
      try (TestServer server =
          TestServer.traced(
              model,
              null,
              adapters(dir, owner, host.mode(quick().withTraces(true), null)),
              receiver)) {
        Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
        host.deliver(encrypted);
        assertEquals(201, server.upload(encrypted).statusCode());
        HttpResponse<String> answer =
            server.post("/v1/completions", ask("secret", 5), "traceparent", PARENT);
        assertEquals(200, answer.statusCode(), answer.body());
        Received request =
            receiver.await("the request", s -> s.name().equals("text_completion secret"));
        assertEquals(TRACE, request.trace());
        assertEquals(SPAN, request.parent());
        assertEquals("he", request.get("tensafe.mode"));
        assertEquals("5", request.get("tensafe.he.exchanges"));
        List<Received> parts = receiver.children(request);
        Received decode =
            parts.stream().filter(s -> s.name().equals("decode")).findFirst().orElseThrow();
        Received prefill =
            parts.stream().filter(s -> s.name().equals("prefill")).findFirst().orElseThrow();
        List<Received> exchanges =
            receiver.spans().stream().filter(s -> s.name().equals("he exchange")).toList();
        assertEquals(5, exchanges.size());
        for (Received exchange : exchanges) {
          assertEquals(TRACE, exchange.trace());
          assertTrue(
              Set.of(decode.id(), prefill.id()).contains(exchange.parent()),
              "an exchange is part of a phase");
          assertEquals("CLIENT", exchange.kind());
          assertEquals(
              request.get("tensafe.adapter.digest"), exchange.get("tensafe.adapter.digest"));
          Received there =
              receiver.await(
                  "the adapter host",
                  s -> s.name().equals("he evaluate") && s.parent().equals(exchange.id()));
          assertEquals(TRACE, there.trace());
          assertEquals("SERVER", there.kind());
          assertEquals("tensafe-adapter-host", there.resource().get("service.name"));
          assertEquals(exchange.get("tensafe.he.messages"), there.get("tensafe.he.messages"));
          assertEquals(exchange.get("tensafe.he.token_rows"), there.get("tensafe.he.token_rows"));
          assertTrue(Integer.parseInt(there.get("tensafe.he.messages")) > 0);
          assertEquals(
              Set.of("encrypt", "wire", "evaluate", "decrypt", "he evaluate"),
              receiver.children(exchange).stream().map(Received::name).collect(Collectors.toSet()));
        }
        assertEquals(List.of(), receiver.faults());
      }
    }
  }

  @Test
  void aHostIsToldNothingUnlessBothSidesAgree() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    // an old host calls a hello broken that has a byte which used to be 0, as it does with a new
    // flag today
    for (String kind : List.of("off here", "off there", "old host")) {
      Path in = Files.createDirectories(dir.resolve(kind));
      List<FrameType> up = new CopyOnWriteArrayList<>();
      try (OtlpReceiver receiver = OtlpReceiver.start();
          Tracing theirs = TestServer.tracing(receiver, "tensafe-adapter-host");
          HeSetup host = HeSetup.unix(owner, in);
          FrameRelay relay =
              FrameRelay.start(
                  new Address.Unix(in.resolve("relay.sock")),
                  host.server.address(),
                  (connection, towards, frame) -> {
                    if (towards) {
                      up.add(frame.type());
                    }
                    int flags = frame.payload().position() + 11;
                    if (frame.type() == FrameType.CLIENT_HELLO
                        && kind.equals("old host")
                        && frame.payload().get(flags) != 0) {
                      frame.payload().put(flags, (byte) 0x80);
                    }
                  })) {
        if (!kind.equals("off there")) {
          host.host.traceWith(HostSpans.of(theirs));
        }
        LinkConfig link = quick().withTraces(!kind.equals("off here"));
        try (TestServer server =
            TestServer.traced(
                model,
                null,
                adapters(in, owner, host.mode(relay.address(), link, null)),
                receiver)) {
          Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
          host.deliver(encrypted);
          assertEquals(201, server.upload(encrypted).statusCode());
          TestServer.await(
              "the adapter",
              () -> {
                try {
                  return server.post("/v1/completions", ask("secret", 3)).statusCode() == 200;
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
          receiver.await("an exchange", s -> s.name().equals("he exchange"));
          assertFalse(up.contains(FrameType.TRACE), kind);
          assertTrue(up.contains(FrameType.EVALUATE_PADDED) || up.contains(FrameType.EVALUATE));
          assertEquals(kind.equals("old host") ? 2 : 1, relay.connections(), kind);
        }
      }
    }
  }

  @Test
  void aConnectionThatIsLostInTheHandshakeSaysNothingOfTraces() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    List<FrameType> up = new CopyOnWriteArrayList<>();
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing theirs = TestServer.tracing(receiver, "tensafe-adapter-host");
        HeSetup host = HeSetup.unix(owner, dir);
        FrameRelay relay =
            FrameRelay.start(
                new Address.Unix(dir.resolve("relay.sock")),
                host.server.address(),
                (connection, towards, frame) -> {
                  if (connection == 0 && frame.type() == FrameType.CLIENT_HELLO) {
                    throw new HeException(HeException.Reason.CONNECTION, "lost");
                  }
                  up.add(frame.type());
                })) {
      host.host.traceWith(HostSpans.of(theirs));
      LinkConfig link = quick().withTraces(true);
      try (TestServer server =
          TestServer.traced(
              model,
              null,
              adapters(dir, owner, host.mode(relay.address(), link, null)),
              receiver)) {
        Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
        host.deliver(encrypted);
        assertEquals(201, server.upload(encrypted).statusCode());
        TestServer.await(
            "the adapter",
            () -> {
              try {
                return server.post("/v1/completions", ask("secret", 3)).statusCode() == 200;
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
        assertTrue(up.contains(FrameType.TRACE), up.toString());
        assertEquals(2, relay.connections());
      }
    }
  }
}
