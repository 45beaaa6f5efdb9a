package dev.tensafe.training.torch;

import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.model.shape.Projection;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Initial low-rank matrices of each projection. */
final class LoraWeights {
  /**
   * @param a {@code [rank, in]}, row-major
   * @param b {@code [out, rank]}, row-major
   */
  record Pair(int rank, float[] a, float[] b) {}

  private final Adaptation adaptation;
  private final @Nullable Random random;
  private final Map<String, LoraModule> given = new HashMap<>();

  private LoraWeights(Adaptation adaptation) {
    this.adaptation = adaptation;
    this.random = adaptation instanceof Adaptation.Fresh fresh ? new Random(fresh.seed()) : null;
    if (adaptation instanceof Adaptation.Given g && g.adapter().isPresent()) {
      g.adapter().get().adapter().modules().forEach(module -> given.put(module.name(), module));
    }
  }

  static LoraWeights of(Adaptation adaptation) {
    return new LoraWeights(adaptation);
  }

  /** PEFT's name for a matrix, {@code side} being A or B. */
  static String tensorName(Projection p, String side) {
    return "base_model.model." + p.name() + ".lora_" + side + ".weight";
  }

  boolean trained() {
    return adaptation instanceof Adaptation.Fresh;
  }

  double dropout() {
    return adaptation instanceof Adaptation.Fresh fresh ? fresh.spec().dropout() : 0;
  }

  /** The factor of the product; the scalings of a given adapter are in its B already. */
  double scaling() {
    return adaptation instanceof Adaptation.Fresh fresh ? fresh.spec().scaling() : 1;
  }

  /** The matrices of a projection, or null if it is not adapted. */
  @Nullable Pair pair(Projection p) {
    if (adaptation instanceof Adaptation.Fresh fresh && random != null) {
      LoraSpec spec = fresh.spec();
      return spec.targets().contains(p.kind()) ? fresh(p, spec.rank(), random) : null;
    }
    LoraModule module = given.get(p.name());
    if (module == null || !(adaptation instanceof Adaptation.Given g)) {
      return null;
    }
    return given(module, g.adapter().orElseThrow());
  }

  /** As PEFT begins: A uniform within ±1/√in, B zero. */
  private static Pair fresh(Projection p, int rank, Random random) {
    float[] a = new float[Math.multiplyExact(rank, p.in())];
    double bound = 1 / Math.sqrt(p.in());
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return new Pair(rank, a, new float[Math.multiplyExact(rank, p.out())]);
  }

  private static Pair given(LoraModule module, PeftDirectory directory) {
    double[] a = directory.values(module.a());
    double[] b = directory.values(module.b());
    float[] wideA = new float[a.length];
    float[] wideB = new float[b.length];
    for (int i = 0; i < a.length; i++) {
      wideA[i] = (float) a[i];
    }
    for (int i = 0; i < b.length; i++) {
      wideB[i] = (float) (b[i] * module.scaling());
    }
    return new Pair(module.rank(), wideA, wideB);
  }
}
