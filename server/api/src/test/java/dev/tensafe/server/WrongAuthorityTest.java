package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Listener;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.he.transport.TlsSide;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What both ends say when one of them was given the wrong authorities: the option to look at. */
class WrongAuthorityTest {
  private static final int TIMEOUT_MILLIS = 30_000;

  @TempDir private Path dir;
  private TestCertificate host;
  private TestCertificate client;
  private TestCertificate stranger;

  @BeforeEach
  void make() throws Exception {
    host = TestCertificate.make(Files.createDirectory(dir.resolve("host")));
    client = TestCertificate.make(Files.createDirectory(dir.resolve("client")));
    stranger = TestCertificate.make(Files.createDirectory(dir.resolve("stranger")));
  }

  /** What each end said. */
  private record Said(String host, String client) {}

  private Said connect(TestCertificate hostBelieves, TestCertificate clientBelieves, String address)
      throws Exception {
    TlsIdentity ofHost =
        TlsIdentity.of(
            TlsSide.ADAPTER_HOST, host.certificate(), host.key(), hostBelieves.certificate());
    TlsIdentity ofClient =
        TlsIdentity.of(
            TlsSide.MODEL_HOST, client.certificate(), client.key(), clientBelieves.certificate());
    try (Listener listener = Listener.open(Address.parse("tls://0.0.0.0:0"), ofHost)) {
      int port = ((Address.Tls) listener.address()).port();
      CompletableFuture<String> accepted =
          CompletableFuture.supplyAsync(
              () -> {
                try (FrameChannel channel = listener.accept().complete()) {
                  return "accepted " + channel.peer();
                } catch (IOException e) {
                  return String.valueOf(e.getMessage());
                }
              });
      IOException failed =
          assertThrows(
              IOException.class,
              () -> {
                try (FrameChannel channel =
                    Sockets.connect(
                        Address.parse("tls://" + address + ":" + port),
                        ofClient,
                        TIMEOUT_MILLIS,
                        0)) {
                  // the handshake ends for this side before the other has looked at its certificate
                  channel.send(ByteBuffer.allocate(100));
                  channel.receive(1000);
                }
              });
      return new Said(
          accepted.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS), String.valueOf(failed.getMessage()));
    }
  }

  @Test
  void theAdapterHostWasGivenTheWrongOne() throws Exception {
    Said said = connect(stranger, host, "127.0.0.1");
    assertTrue(
        said.host().startsWith("the certificate of the model host leads to no certificate in"),
        said.host());
    assertTrue(said.host().contains("--client-ca"), said.host());
    assertTrue(said.client().contains("does not accept this side's --client-cert"), said.client());
    assertTrue(said.client().contains("its --client-ca must hold"), said.client());
  }

  @Test
  void theModelHostWasGivenTheWrongOne() throws Exception {
    Said said = connect(client, stranger, "127.0.0.1");
    assertTrue(
        said.client().startsWith("the certificate of the adapter host leads to no certificate in"),
        said.client());
    assertTrue(said.client().contains("--adapter-host-ca"), said.client());
    assertTrue(said.host().contains("does not accept this side's --tls-cert"), said.host());
    assertTrue(said.host().contains("its --adapter-host-ca must hold"), said.host());
  }

  @Test
  void theAddressIsNotThatOfTheCertificate() throws Exception {
    Said said = connect(client, host, "127.0.0.2");
    assertTrue(said.client().contains("another address than the one in --adapter-host"), "" + said);
  }
}
