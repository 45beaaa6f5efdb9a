package dev.tensafe.training.torch;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.RotaryEmbedding;
import java.nio.FloatBuffer;
import java.util.List;

/** Cosines and sines of positions, which grow with the longest sequence met with. */
final class RotaryTables implements AutoCloseable {
  private final RotaryEmbedding rotary;
  private final Precision precision;
  private final PtNDManager manager = (PtNDManager) NDManager.newBaseManager();
  private List<PtNDArray> tables = List.of();
  private int length;

  RotaryTables(ModelConfig config, Precision precision) {
    this.rotary = new RotaryEmbedding(config.rope(), config.headDim());
    this.precision = precision;
  }

  /** Positions that the tables cover. */
  int length() {
    return length;
  }

  /** Both tables, {@code [length, half]}, for at least {@code wanted} positions. */
  List<PtNDArray> cover(int wanted) {
    if (wanted > length) {
      FloatBuffer cosines = FloatBuffer.allocate(wanted * rotary.half());
      FloatBuffer sines = FloatBuffer.allocate(wanted * rotary.half());
      for (int position = 0; position < wanted; position++) {
        rotary.put(position, wanted, cosines, sines);
      }
      // passes that use the old ones keep them alive
      tables.forEach(PtNDArray::close);
      List<Long> shape = List.of((long) wanted, (long) rotary.half());
      tables =
          List.of(
              Tensors.create(manager, cosines.array(), shape, precision),
              Tensors.create(manager, sines.array(), shape, precision));
      length = wanted;
    }
    return tables;
  }

  @Override
  public void close() {
    manager.close();
  }
}
