package dev.tensafe.nativelib;

import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import java.util.ArrayList;
import java.util.List;

/** The kernel levels that this machine runs, the lowest first. */
public final class RunnableLevels {
  /** All of them, by name, with the ring kernels of each. */
  static final List<String> ALL = List.of("scalar", "avx2", "avx512", "amx");

  static final List<String> RING_KERNELS = List.of("scalar", "avx2", "avx512ifma", "avx512ifma");

  private static final List<String> RUNNABLE = runnable();

  private RunnableLevels() {}

  public static List<String> names() {
    return RUNNABLE;
  }

  private static List<String> runnable() {
    List<String> names = new ArrayList<>();
    for (String name : ALL) {
      try {
        CkksContext.open(CkksParameters.FAST, name).close();
        names.add(name);
      } catch (NativeException e) {
        System.out.println("SKIPPED: " + e.getMessage());
      }
    }
    return List.copyOf(names);
  }
}
