package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ParametersTest {
  private static final long FIRST = 1125899906826241L;
  private static final long SECOND = 1125899906629633L;

  @Test
  void theProfilesAreWhatTheDocumentSays() {
    assertEquals(2048, CkksParameters.FAST.degree());
    assertEquals(48, CkksParameters.FAST.capacityBits());
    assertEquals(4096, CkksParameters.STRICT.degree());
    assertEquals(98, CkksParameters.STRICT.capacityBits());
    for (long q : List.of(FIRST, SECOND)) {
      assertTrue(BigInteger.valueOf(q).isProbablePrime(100));
      assertEquals(1, q % 16384);
      assertTrue(q < 1L << 50);
    }
  }

  @Test
  void whatIsNotSecureOrNotPossibleIsRefused() {
    for (CkksParameters bad :
        List.of(
            new CkksParameters(2048, List.of(FIRST, SECOND)), // 100 bits, 54 allowed
            new CkksParameters(1024, List.of(FIRST)), // 50 bits, 27 allowed
            new CkksParameters(512, List.of(12289L)),
            new CkksParameters(2049, List.of(FIRST)),
            new CkksParameters(-2048, List.of(FIRST)),
            new CkksParameters(0, List.of(FIRST)),
            new CkksParameters(2048, List.of(FIRST - 8192)), // not prime
            new CkksParameters(2048, List.of(1125899906842597L)), // prime, no root
            new CkksParameters(4096, List.of(1152921504606830593L)), // 60 bits
            new CkksParameters(2048, List.of(-FIRST)),
            new CkksParameters(2048, List.of(1L)),
            new CkksParameters(2048, List.of()),
            new CkksParameters(4096, List.of(FIRST, FIRST)),
            new CkksParameters(8192, List.of(FIRST, SECOND, 12289L)))) {
      CkksException e = assertThrows(CkksException.class, () -> CkksContext.open(bad));
      assertEquals(
          CkksException.Reason.INVALID_PARAMETERS, e.reason(), bad + ": " + e.getMessage());
      assertEquals("ckks.invalid_parameters", e.code());
    }
    CkksException e =
        assertThrows(
            CkksException.class,
            () -> CkksContext.open(new CkksParameters(2048, List.of(FIRST, SECOND))));
    assertEquals(
        "a modulus of 100 bits at degree 2048 is not 128-bit secure, at most 54 bits are",
        e.getMessage());
  }

  @Test
  void otherSecureParametersWork() {
    // 27 bits at 1024, and one limb at 4096
    for (CkksParameters good :
        List.of(
            new CkksParameters(1024, List.of(132120577L)),
            new CkksParameters(4096, List.of(SECOND)))) {
      try (CkksContext context = CkksContext.open(good);
          SecretKey key = TestKeys.lane(context);
          Plaintext zero = Plaintext.of(context, 1, new long[good.degree()]);
          Ciphertext ciphertext = TestKeys.encrypt(key, zero)) {
        for (BigInteger error : ciphertext.decrypt(key, 64)) {
          assertTrue(error.abs().intValueExact() <= 20);
        }
      }
    }
  }

  @Test
  void packingsThatAreNoPowersOfTwoOrTooLargeAreRefused() {
    assertThrows(CkksException.class, () -> new Packing(3, 1));
    assertThrows(CkksException.class, () -> new Packing(1, 0));
    assertThrows(CkksException.class, () -> new Packing(-1, 1));
    assertThrows(CkksException.class, () -> new Packing(Integer.MIN_VALUE, 1));
    try (CkksContext context = CkksContext.open(CkksParameters.FAST)) {
      for (Packing packing :
          List.of(new Packing(4096, 1), new Packing(64, 64), new Packing(1 << 16, 1 << 16))) {
        CkksException e =
            assertThrows(
                CkksException.class,
                () -> SecretKey.inputMessageBytes(context, new InputShape(1, 1, packing)));
        assertEquals(CkksException.Reason.INVALID_PARAMETERS, e.reason());
      }
    }
  }

  @Test
  void nothingHereCouldMakeAKeyForRotationsOrProducts() throws Exception {
    for (Class<?> type :
        List.of(CkksNative.class, SecretKey.class, PublicKey.class, Ciphertext.class)) {
      for (Method method : type.getDeclaredMethods()) {
        String name = method.getName().toLowerCase(Locale.ROOT);
        assertFalse(
            Arrays.stream(new String[] {"rotat", "galois", "relin", "automorph", "evaluationkey"})
                .anyMatch(name::contains),
            name);
      }
    }
  }
}
