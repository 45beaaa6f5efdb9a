package dev.tensafe.he.transport;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** Failures of a handshake name the options that are to be changed. */
class TlsSideTest {
  /** What JSSE says at the listening end when no certificate of the client leads to its CA. */
  @Test
  void aClientWithoutAFittingCertificateIsToldByOptions() {
    SSLException said =
        TlsSide.ADAPTER_HOST.explained(new SSLHandshakeException("Empty client certificate chain"));
    assertTrue(said.getMessage().contains("--client-ca"), said.getMessage());
    assertTrue(said.getMessage().contains("--client-cert"), said.getMessage());
  }

  /** An alert is lost where this side was writing when the other one ended. */
  @Test
  void aConnectionThatEndsUnheardIsToldByOptions() {
    IOException said = TlsSide.MODEL_HOST.unheard(new SocketException("Broken pipe"));
    assertTrue(said.getMessage().contains("does not accept this side's --client-cert"));
    assertTrue(said.getMessage().contains("its --client-ca must hold"));
    IOException timeout = new IOException("Read timed out");
    assertSame(timeout, TlsSide.MODEL_HOST.unheard(timeout));
  }

  @Test
  void whatIsNotAboutCertificatesStaysAsItIs() {
    SSLException other = new SSLException("closed in handshake");
    assertSame(other, TlsSide.ADAPTER_HOST.explained(other));
  }
}
