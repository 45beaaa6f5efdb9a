package dev.tensafe.nativelib.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineLimitsTest {
  @ParameterizedTest
  @EnumSource(NumberFormat.class)
  void everyFormatHasARateOnOneThreadAndOnTwo(NumberFormat format) {
    for (int threads = 1; threads <= 2; threads++) {
      double rate = MachineLimits.multiplyAddsPerSecond(format, threads);
      assertTrue(rate > 0 && Double.isFinite(rate), format + ": " + rate);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {128, 400, 3 << 20})
  void memoryOfAnySizeIsRead(long bytes) {
    double rate = MachineLimits.readBytesPerSecond(bytes, 1);
    assertTrue(rate > 0 && Double.isFinite(rate), "" + rate);
  }

  @Test
  void whatCannotBeMeasuredIsRefused() {
    refused(() -> MachineLimits.readBytesPerSecond(0, 1));
    refused(() -> MachineLimits.readBytesPerSecond(255, 2));
    refused(() -> MachineLimits.readBytesPerSecond(1 << 20, 0));
    refused(() -> MachineLimits.multiplyAddsPerSecond(NumberFormat.BF16, 0));
  }

  private static void refused(Runnable measurement) {
    DecoderException e = assertThrows(DecoderException.class, measurement::run);
    assertEquals("decoder.invalid_argument", e.code());
  }
}
