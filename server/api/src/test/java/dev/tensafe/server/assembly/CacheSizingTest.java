package dev.tensafe.server.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.engine.EngineConfig;
import dev.tensafe.runtime.ConfigException;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CacheSizingTest {
  private static final int MIB = 1 << 20;

  private static CacheSizing sizing(int cacheMib, int maxModelLen, int maxRunning) {
    OptionalInt length = maxModelLen == 0 ? OptionalInt.empty() : OptionalInt.of(maxModelLen);
    return new CacheSizing(cacheMib, length, maxRunning, 4096, 4096, 100);
  }

  private static void refused(String code, Runnable made, String... parts) {
    ConfigException error = assertThrows(ConfigException.class, made::run);
    assertEquals(code, error.code());
    for (String part : parts) {
      assertTrue(error.description().contains(part), error.description());
    }
  }

  @Test
  void withoutALengthTheModelsPositionsCount() {
    EngineConfig config = sizing(64, 0, 4).fit(MIB, 100, 1000, PrefixSharing.OFF);
    assertEquals(100, config.maxSequenceLength());
    // 7 blocks hold 100 positions; four sequences use no more than 28 of the 64
    assertEquals(28, config.cacheBlocks());
    assertEquals(16, config.scheduler().blockSize());
    assertEquals(4, config.scheduler().maxRunning());
    assertEquals(4096, config.scheduler().tokensPerStep());
    assertEquals(100, config.maxQueuedTokens());
  }

  @Test
  void withoutALengthASmallCacheCounts() {
    EngineConfig config = sizing(3, 0, 4).fit(MIB, 100, 1000, PrefixSharing.OFF);
    assertEquals(48, config.maxSequenceLength());
    assertEquals(3, config.cacheBlocks());
  }

  @ParameterizedTest
  @CsvSource({"16,1", "17,2", "32,2", "33,3"})
  void blocksHoldWholeSequences(int length, int blocks) {
    assertEquals(
        blocks, sizing(64, length, 1).fit(MIB, 100, 1000, PrefixSharing.OFF).cacheBlocks());
  }

  @Test
  void aLengthMayBeAllOfTheModelAndAllOfTheCache() {
    assertEquals(
        100, sizing(64, 100, 1).fit(MIB, 100, 1000, PrefixSharing.OFF).maxSequenceLength());
    refused(
        "config.max-model-len",
        () -> sizing(64, 101, 1).fit(MIB, 100, 1000, PrefixSharing.OFF),
        "101",
        "model's 100");
    assertEquals(48, sizing(3, 48, 1).fit(MIB, 100, 1000, PrefixSharing.OFF).maxSequenceLength());
    refused(
        "config.max-model-len",
        () -> sizing(3, 49, 1).fit(MIB, 100, 1000, PrefixSharing.OFF),
        "49",
        "cache's 48");
  }

  @Test
  void memoryMustHoldABlock() {
    assertEquals(1, sizing(1, 0, 1).fit(MIB, 100, 1000, PrefixSharing.OFF).cacheBlocks());
    refused(
        "config.kv-cache-mib",
        () -> sizing(1, 0, 1).fit(MIB + 1, 100, 1000, PrefixSharing.OFF),
        "kv-cache-mib 1 ",
        "1048577 bytes",
        "at least 2");
    assertEquals(1, sizing(2, 0, 1).fit(MIB + 1, 100, 1000, PrefixSharing.OFF).cacheBlocks());
  }

  /** 4 TiB of one-byte blocks: their positions exceed what an int counts. */
  @Test
  void aCacheThatTheMachineHasNoRoomForIsRefused() {
    CacheSizing.requireRoom(3 * MIB, OptionalLong.of(3 * MIB));
    CacheSizing.requireRoom(3 * MIB, OptionalLong.empty());
    refused(
        "config.kv-cache-mib",
        () -> CacheSizing.requireRoom(3 * MIB, OptionalLong.of(2 * MIB)),
        "3 MiB",
        "2 MiB are free");
  }

  @Test
  void positionsAreCountedWithoutOverflow() {
    EngineConfig config =
        new CacheSizing(1 << 22, OptionalInt.empty(), 4096, 4096, 4096, 100)
            .fit(1, Integer.MAX_VALUE, 1000, PrefixSharing.OFF);
    assertEquals(Integer.MAX_VALUE / 16, config.cacheBlocks());
    assertEquals(Integer.MAX_VALUE / 16 * 16, config.maxSequenceLength());
  }

  @Test
  void aPrefixCacheKeepsAsMuchAgainOfThoseThatRan() {
    PrefixSharing on = PrefixSharing.of("m");
    assertEquals(2 * 4 * 7, sizing(64, 0, 4).fit(MIB, 100, 1000, on).cacheBlocks());
    assertEquals(30, sizing(30, 0, 4).fit(MIB, 100, 1000, on).cacheBlocks());
  }

  @Test
  void logitRowsFollowTheVocabulary() {
    assertEquals(
        256,
        sizing(1, 0, 4).fit(1024, 100, 131_072, PrefixSharing.OFF).scheduler().logitRowsPerStep());
    assertEquals(
        300,
        sizing(1, 0, 300)
            .fit(1024, 100, 131_072, PrefixSharing.OFF)
            .scheduler()
            .logitRowsPerStep());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, (1 << 22) + 1})
  void cacheMemoryHasARange(int mib) {
    refused("config.kv-cache-mib", () -> sizing(mib, 0, 1), Integer.toString(mib));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4097})
  void runningRequestsHaveARange(int running) {
    refused("config.max-running", () -> sizing(1, 0, running), Integer.toString(running));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, (1 << 28) + 1})
  void lengthsHaveARange(int length) {
    refused("config.max-model-len", () -> sizing(1, length, 1), Integer.toString(length));
  }

  @Test
  void aStepTakesATokenOfEveryRunningRequest() {
    OptionalInt none = OptionalInt.empty();
    assertEquals(64, new CacheSizing(1, none, 64, 64, 1, 1).tokensPerStep());
    refused("config.tokens-per-step", () -> new CacheSizing(1, none, 64, 63, 1, 1), "63", "64");
    refused("config.tokens-per-step", () -> new CacheSizing(1, none, 1, (1 << 20) + 1, 1, 1));
    refused("config.max-queued-tokens", () -> new CacheSizing(1, none, 1, 1, 1, 0), "0");
    refused("config.prompt-tokens-per-step", () -> new CacheSizing(1, none, 1, 1, 0, 1), "0");
  }
}
