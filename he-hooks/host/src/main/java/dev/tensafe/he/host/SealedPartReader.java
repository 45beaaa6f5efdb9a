package dev.tensafe.he.host;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.tssp.content.ContentSink;
import dev.tensafe.tssp.content.ContentTensor;
import dev.tensafe.tssp.content.ContentTensor.Role;
import dev.tensafe.tssp.content.PartContent;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Decrypts a sealed part into direct memory, the modules of a group stacked. */
final class SealedPartReader implements ContentSink {
  private final VerifiedPackage verified;
  private final Map<GroupId, SealedPart.Weights> groups = new TreeMap<>();
  private final Map<String, IntBuffer> targets = new HashMap<>();

  private SealedPartReader(VerifiedPackage verified) {
    this.verified = verified;
  }

  /**
   * @return to be closed by the caller
   * @throws dev.tensafe.tssp.TsspException as {@link PartContent#readSealed}
   */
  static SealedPart read(VerifiedPackage verified, RecipientKey key) {
    SealedPartReader reader = new SealedPartReader(verified);
    try {
      PartContent.readSealed(verified, key, reader);
      return new SealedPart(verified.manifest(), verified.digest(), reader.groups);
    } catch (RuntimeException | Error e) {
      new SealedPart(verified.manifest(), verified.digest(), reader.groups).close();
      throw e;
    }
  }

  @Override
  public void begin(List<ContentTensor> tensors) {
    Map<String, List<Long>> shapes = new HashMap<>();
    for (ContentTensor tensor : tensors) {
      if (tensor.role() == Role.WEIGHTS) {
        shapes.put(tensor.owner(), tensor.info().shape());
      }
    }
    GroupLayout.of(
            verified.manifest(),
            module -> Objects.requireNonNull(shapes.get(module), module).get(0).intValue())
        .forEach((id, modules) -> allocate(id, modules, shapes));
  }

  private void allocate(
      GroupId id, List<GroupLayout.Rows> modules, Map<String, List<Long>> shapes) {
    int rows = modules.stream().mapToInt(GroupLayout.Rows::rows).sum();
    String any = modules.get(0).name();
    int columns = Objects.requireNonNull(shapes.get(any), any).get(1).intValue();
    long bytes = (long) rows * columns * Integer.BYTES;
    IntBuffer weights =
        ByteBuffer.allocateDirect(Math.toIntExact(bytes))
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
    groups.put(id, new SealedPart.Weights(rows, columns, weights));
    for (GroupLayout.Rows module : modules) {
      targets.put(module.name(), weights.slice(module.first() * columns, module.rows() * columns));
    }
  }

  @Override
  public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {
    if (tensor.role() == Role.WEIGHTS) {
      IntBuffer target = Objects.requireNonNull(targets.get(tensor.owner()), tensor.owner());
      int at = (int) (offset / Integer.BYTES);
      ByteBuffer source = piece.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      while (source.hasRemaining()) {
        target.put(at++, source.getInt());
      }
    }
  }
}
