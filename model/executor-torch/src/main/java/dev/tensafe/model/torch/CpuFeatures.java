package dev.tensafe.model.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** Instruction sets of this CPU as Linux lists them. */
final class CpuFeatures {
  private final Set<String> flags;

  CpuFeatures(Set<String> flags) {
    this.flags = flags;
  }

  static CpuFeatures probe() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return new CpuFeatures(Set.of());
    }
    try (var lines = Files.lines(file)) {
      return new CpuFeatures(
          lines
              .filter(line -> line.startsWith("flags"))
              .findFirst()
              .map(line -> new TreeSet<>(Arrays.asList(line.split("\\s+"))))
              .orElseGet(TreeSet::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether oneDNN accepts prepacked bfloat16 weights. */
  boolean packsBf16() {
    return flags.contains("avx_ne_convert")
        || (flags.contains("avx512bw") && flags.contains("avx512vl") && flags.contains("avx512dq"));
  }

  /** Whether bfloat16 products are an instruction, and so faster than float32. */
  boolean multipliesBf16() {
    return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
  }
}
