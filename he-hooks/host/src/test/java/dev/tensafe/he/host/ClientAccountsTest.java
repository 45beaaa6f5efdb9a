package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.he.transport.PeerIdentity;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who a budget belongs to. */
class ClientAccountsTest {
  private static final String SHA = "ab".repeat(32);
  private static final String OTHER_SHA = "cd".repeat(32);

  private static PeerIdentity certificate(String sha, String subject, String issuer) {
    return new PeerIdentity.Certificate(sha, subject, issuer);
  }

  @Test
  void aNewCertificateOfTheSameSubjectAndIssuerHasTheSameAccount() {
    ClientAccounts accounts = ClientAccounts.unnamed();
    String account = accounts.of(certificate(SHA, "CN=model,O=One", "CN=ca"));
    assertEquals("subject:CN=model,O=One|issuer:CN=ca", account);
    assertEquals(account, accounts.of(certificate(OTHER_SHA, "CN=model,O=One", "CN=ca")));
    assertNotEquals(account, accounts.of(certificate(SHA, "CN=model,O=Two", "CN=ca")));
    assertNotEquals(account, accounts.of(certificate(SHA, "CN=model,O=One", "CN=other")));
  }

  @Test
  void thoseWhoseCertificatesSayNothingShareOne() {
    ClientAccounts accounts = ClientAccounts.unnamed();
    assertEquals("unknown", accounts.of(certificate(SHA, "", "CN=ca")));
    assertEquals("unknown", accounts.of(certificate(OTHER_SHA, "", "CN=cb")));
    assertEquals("user:ada", accounts.of(new PeerIdentity.User("ada")));
    assertEquals("embedded", accounts.of(new PeerIdentity.Embedded()));
  }

  @Test
  void aNameMayStandForSeveralClients() {
    ClientAccounts accounts =
        ClientAccounts.of(
            List.of(
                "one=cert:" + SHA,
                "one=subject:cn=Model, o=One|issuer:cn=ca",
                "one=user:ada",
                "none=subject:|issuer:CN=ca",
                "two=user:bob"));
    assertEquals("one", accounts.of(certificate(SHA, "CN=x", "CN=y")));
    assertEquals("one", accounts.of(certificate(OTHER_SHA, "CN=Model,O=One", "CN=ca")));
    assertEquals("one", accounts.of(new PeerIdentity.User("ada")));
    assertEquals("two", accounts.of(new PeerIdentity.User("bob")));
    assertEquals("user:eve", accounts.of(new PeerIdentity.User("eve")));
    assertEquals("none", accounts.of(certificate(OTHER_SHA, "", "CN=ca")));
    assertEquals("unknown", accounts.of(certificate(OTHER_SHA, "", "CN=cb")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "one",
        "=user:ada",
        "one=",
        "one=ada",
        "one=user:",
        "one=cert:abcd",
        "one=subject:CN=a",
        "one=subject:no name|issuer:CN=ca",
        "unknown=user:ada",
        "a:b=user:ada",
        "a|b=user:ada"
      })
  void whatNamesNoClientIsRefused(String entry) {
    assertThrows(IllegalArgumentException.class, () -> ClientAccounts.of(List.of(entry)));
  }

  @Test
  void aClientHasOneAccount() {
    List<String> twice = List.of("one=user:ada", "two=user:ada");
    assertThrows(IllegalArgumentException.class, () -> ClientAccounts.of(twice));
  }
}
