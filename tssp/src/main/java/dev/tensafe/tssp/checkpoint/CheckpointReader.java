package dev.tensafe.tssp.checkpoint;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsStream;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Lora;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the state in a verified checkpoint. Head and shapes are checked before the first tensor,
 * and no more memory is taken than one tensor has bytes in the file.
 */
public final class CheckpointReader {
  /** Most tensors in a checkpoint. */
  public static final int MAX_TENSORS = 1 << 16;

  static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,255}");

  private static final long MAX_ELEMENTS = 1 << 28;

  private CheckpointReader() {}

  /**
   * Decrypts a checkpoint into a sink. The sink keeps nothing for good before this returns.
   *
   * @throws TsspException {@code tssp.content_invalid} when it is not what the sink says is due, or
   *     is malformed; {@code tssp.part_unknown} for a package of an adapter; any code of {@link
   *     VerifiedPackage#open}
   */
  public static CheckpointHead read(
      VerifiedPackage verified, RecipientKey key, CheckpointSink sink) {
    return open(verified, key, sink);
  }

  /**
   * The head alone. All of the checkpoint is decrypted and authenticated for that, and its tensors
   * are not looked at.
   *
   * @throws TsspException as {@link #read}
   */
  public static CheckpointHead head(VerifiedPackage verified, RecipientKey key) {
    return open(verified, key, null);
  }

  private static CheckpointHead open(
      VerifiedPackage verified, RecipientKey key, @Nullable CheckpointSink sink) {
    return verified.open(
        PartKind.CHECKPOINT,
        key,
        (plaintext, length) -> {
          try {
            return read(verified.manifest(), plaintext, length, sink);
          } catch (FormatException e) {
            throw bad(e.code() + ": " + e.description());
          }
        });
  }

  /** The content of a part that is already decrypted. */
  static CheckpointHead read(
      Manifest manifest, InputStream plaintext, long length, @Nullable CheckpointSink sink)
      throws IOException {
    byte[] prefix = plaintext.readNBytes(4);
    long count = prefix.length < 4 ? -1 : Integer.toUnsignedLong(ByteBuffer.wrap(prefix).getInt());
    if (count < 0 || count > CheckpointHeadJson.MAX_BYTES || count > length - 4) {
      throw bad("the head's length does not fit the part");
    }
    byte[] bytes = plaintext.readNBytes((int) count);
    if (bytes.length != count) {
      throw bad("the part ends inside the head");
    }
    CheckpointHead head = CheckpointHeadJson.read(bytes);
    if (!fits(head.lora(), manifest.adapter())) {
      throw bad("the head has another adapter than the manifest");
    }
    if (sink == null) {
      return head;
    }
    SafetensorsStream stream =
        SafetensorsStream.open(plaintext, length - 4 - count, PartKind.CHECKPOINT.label());
    requireForm(stream);
    requireDue(sink.due(head), stream.tensors());
    stream.readAll(new Collector(sink));
    return head;
  }

  private static void requireForm(SafetensorsStream stream) {
    if (!stream.metadata().isEmpty()
        || stream.tensors().isEmpty()
        || stream.tensors().size() > MAX_TENSORS) {
      throw bad("a checkpoint has 1 to " + MAX_TENSORS + " tensors and no metadata beside them");
    }
    for (TensorInfo info : stream.tensors().values()) {
      if (!NAME.matcher(info.name()).matches()) {
        throw bad("a tensor's name is not like " + NAME.pattern());
      }
      if (info.dtype() != DType.F32 || elements(info.shape()) < 1) {
        throw bad(
            "tensor "
                + info.name()
                + " is "
                + info.dtype()
                + " "
                + info.shape()
                + "; F32 of 1 to "
                + MAX_ELEMENTS
                + " elements is due");
      }
    }
  }

  private static void requireDue(Map<String, List<Long>> due, Map<String, TensorInfo> tensors) {
    for (TensorInfo info : tensors.values()) {
      List<Long> shape = due.get(info.name());
      if (shape == null) {
        throw bad("nothing consumes the tensor " + info.name());
      }
      if (!shape.equals(info.shape())) {
        throw bad(
            "tensor "
                + info.name()
                + " has the shape "
                + info.shape()
                + " where "
                + shape
                + " is due");
      }
    }
    for (String name : due.keySet()) {
      if (!tensors.containsKey(name)) {
        throw bad("there is no tensor " + name);
      }
    }
  }

  /** Number of elements, or 0 for a shape that no tensor of a checkpoint may have. */
  static long elements(List<Long> shape) {
    long elements = 1;
    for (long size : shape) {
      if (size < 1 || size > MAX_ELEMENTS / elements) {
        return 0;
      }
      elements *= size;
    }
    return elements;
  }

  static boolean fits(Lora lora, AdapterDescription adapter) {
    return lora.rank() == adapter.rank()
        && lora.alpha().compareTo(adapter.alpha()) == 0
        && lora.rslora() == adapter.rslora();
  }

  private static TsspException bad(String problem) {
    return new TsspException(
        Reason.CONTENT_INVALID, "part '" + PartKind.CHECKPOINT.label() + "': " + problem);
  }

  /** Puts the pieces of each tensor together. */
  private static final class Collector implements SafetensorsStream.Sink {
    private final CheckpointSink sink;
    private float[] values = new float[0];

    Collector(CheckpointSink sink) {
      this.sink = sink;
    }

    @Override
    public void accept(TensorInfo tensor, long offset, ByteBuffer piece) {
      if (!FloatElements.allFinite(DType.F32, piece)) {
        throw bad("tensor " + tensor.name() + " holds a NaN or an infinity");
      }
      if (offset == 0) {
        values = new float[(int) elements(tensor.shape())];
      }
      int count = piece.remaining() / Float.BYTES;
      piece.asFloatBuffer().get(values, (int) (offset / Float.BYTES), count);
      if (offset + piece.limit() == tensor.byteSize()) {
        sink.accept(tensor.name(), values);
        values = new float[0];
      }
    }
  }
}
