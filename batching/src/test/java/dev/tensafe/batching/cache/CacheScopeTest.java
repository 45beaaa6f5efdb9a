package dev.tensafe.batching.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CacheScopeTest {
  @Test
  void scopesThatDifferInAnyFieldHaveDigestsThatDiffer() {
    List<CacheScope> scopes =
        List.of(
            CacheScope.BASE,
            new CacheScope("d", "", ""),
            new CacheScope("", "d", ""),
            new CacheScope("", "", "d"),
            new CacheScope("ab", "c", ""),
            new CacheScope("a", "bc", ""),
            new CacheScope("a", "b", "c"),
            new CacheScope("a\u0000b", "c", ""));
    Set<String> digests = new HashSet<>();
    scopes.forEach(scope -> digests.add(scope.digest()));
    assertEquals(scopes.size(), digests.size());
    assertEquals(new CacheScope("a", "b", "c").digest(), new CacheScope("a", "b", "c").digest());
  }

  /** Computed with sha256sum over the bytes the comment of {@code digest} describes. */
  @Test
  void theDigestIsThatOfTheDescribedBytes() {
    assertEquals(
        "8150a65e854b9bbbd52eefd048eb025c76fe48f0475c0f942c9db9eda40a94c3",
        CacheScope.BASE.digest());
    assertEquals(
        "1e5f5df91385649e5e2f159b2af1b236df29cab3db1811ce8e159d9b436513d2",
        new CacheScope("a", "bé", "c").digest());
  }

  @Test
  void noFieldIsNull() {
    assertThrows(NullPointerException.class, () -> new CacheScope("", "", null));
  }
}
