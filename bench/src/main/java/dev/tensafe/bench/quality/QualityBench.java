package dev.tensafe.bench.quality;

import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Cache;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ExecutorOptions.Weights;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Compares number formats of the native executor over a text; bf16 is what they are held to. */
public final class QualityBench {
  private record Variant(String label, Format format, Weights weights, Cache cache) {}

  private static final List<Variant> VARIANTS =
      List.of(
          new Variant("bf16", Format.BF16, Weights.FORMAT, Cache.BF16),
          new Variant("f32", Format.F32, Weights.FORMAT, Cache.F32),
          new Variant("int8", Format.BF16, Weights.INT8, Cache.BF16),
          new Variant("int8-all", Format.BF16, Weights.INT8_ALL, Cache.BF16),
          new Variant("bf16", Format.BF16, Weights.FORMAT, Cache.INT8),
          new Variant("int8-all", Format.BF16, Weights.INT8_ALL, Cache.INT8));

  private final PrintWriter out;

  public QualityBench(PrintWriter out) {
    this.out = out;
  }

  /**
   * Runs all variants, one after the other, and prints a table.
   *
   * @param threads compute threads
   * @throws dev.tensafe.formats.CodedException when the model cannot be loaded
   */
  public void run(ModelFiles model, QualityText text, int threads) {
    Predictions reference = predict(model, text, VARIANTS.get(0), threads);
    out.printf("%d predicted tokens in %d windows%n", text.predicted(), text.windows().size());
    out.println();
    out.println(
        "| weights | cache | perplexity | same likeliest token as bf16, % | mean abs. Δ log p"
            + " | largest |");
    out.println("|---|---|---|---|---|---|");
    line(VARIANTS.get(0), reference, reference);
    for (Variant variant : VARIANTS.subList(1, VARIANTS.size())) {
      line(variant, predict(model, text, variant, threads), reference);
    }
  }

  private static Predictions predict(
      ModelFiles model, QualityText text, Variant variant, int threads) {
    ExecutorOptions options =
        new ExecutorOptions(
            variant.format(),
            variant.weights(),
            variant.cache(),
            ExecutorOptions.Numerics.AUTO,
            threads,
            false);
    try (ModelExecutor executor =
        new NativeExecutorFactory().create(model.config(), model.checkpoint(), options)) {
      return Predictions.of(executor, text);
    }
  }

  private void line(Variant variant, Predictions own, Predictions reference) {
    out.printf(
        Locale.ROOT,
        "| %s | %s | %.4f | %.2f | %.5f | %.4f |%n",
        variant.label(),
        variant.cache().name().toLowerCase(Locale.ROOT),
        own.perplexity(),
        100 * own.agreement(reference),
        own.meanDifference(reference),
        own.largestDifference(reference));
    out.flush();
  }
}
