package dev.tensafe.tssp.content;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsStream;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tensors of a verified package's part: checked against the manifest and the base model
 * before the first byte of them is handed on, in constant memory.
 */
public final class PartContent {
  private PartContent() {}

  /**
   * Decrypts a part into a sink. The sink keeps nothing for good before this returns.
   *
   * @param base the projections of the model the adapter is for
   * @throws TsspException {@code tssp.content_invalid}, or any code of {@link VerifiedPackage#open}
   */
  public static void read(
      VerifiedPackage verified,
      PartKind kind,
      RecipientKey key,
      BaseProjections base,
      ContentSink sink) {
    open(verified, kind, key, base, sink);
  }

  private static void open(
      VerifiedPackage verified,
      PartKind kind,
      RecipientKey key,
      @Nullable BaseProjections base,
      ContentSink sink) {
    if (kind == PartKind.CHECKPOINT) {
      throw new IllegalArgumentException("a checkpoint has its own reader");
    }
    verified.open(
        kind,
        key,
        (plaintext, length) -> {
          try {
            read(verified.manifest(), kind, plaintext, length, base, sink);
            return true;
          } catch (FormatException e) {
            throw new TsspException(
                Reason.CONTENT_INVALID,
                "part '" + kind.label() + "': " + e.code() + ": " + e.description());
          }
        });
  }

  /**
   * Decrypts the sealed part for somebody who has no base model: widths are those the part states,
   * the same within a group.
   *
   * @throws TsspException as the other {@code read}
   */
  public static void readSealed(VerifiedPackage verified, RecipientKey key, ContentSink sink) {
    open(verified, PartKind.SEALED, key, null, sink);
  }

  /** The content of a part that is already decrypted. */
  static void read(
      Manifest manifest,
      PartKind kind,
      InputStream plaintext,
      long length,
      @Nullable BaseProjections base,
      ContentSink sink)
      throws IOException {
    SafetensorsStream stream;
    List<ContentTensor> tensors;
    if (kind == PartKind.WEIGHTS) {
      Objects.requireNonNull(base, "weights are for a base model");
      byte[] config = WeightsPart.readConfig(plaintext, length);
      stream =
          SafetensorsStream.open(
              plaintext, length - WeightsPart.prefixLength(config.length), kind.label());
      tensors = WeightsPart.resolve(manifest, config, stream.tensors(), base);
    } else {
      stream = SafetensorsStream.open(plaintext, length, kind.label());
      tensors = HePart.resolve(manifest, kind, stream.tensors(), base);
    }
    Map<String, ContentTensor> byName =
        tensors.stream().collect(Collectors.toMap(t -> t.info().name(), Function.identity()));
    sink.begin(
        tensors.stream()
            .sorted(
                Comparator.comparingLong((ContentTensor t) -> t.info().begin())
                    .thenComparing(t -> t.info().end()))
            .toList());
    stream.readAll(
        (info, offset, piece) -> {
          ContentTensor tensor = byName.get(info.name());
          if (tensor == null) {
            throw new IllegalStateException("a tensor was not resolved");
          }
          requireValues(tensor, piece);
          sink.accept(tensor, offset, piece);
        });
  }

  private static void requireValues(ContentTensor tensor, ByteBuffer piece) {
    TensorInfo info = tensor.info();
    if (FloatElements.supports(info.dtype()) && !FloatElements.allFinite(info.dtype(), piece)) {
      throw bad(info, "holds a NaN or an infinity");
    }
    boolean inRange =
        switch (tensor.role()) {
          case ROW_NORMS, ROW_SCALES -> HePart.allPositive(piece);
          case LARGEST_ROW_SUM -> piece.getLong(0) > 0;
          case COLUMN_EXPONENTS -> HePart.allExponents(piece);
          default -> true;
        };
    if (!inRange) {
      throw bad(info, "holds a value out of range");
    }
  }

  static FormatException bad(TensorInfo info, String problem) {
    return new FormatException("content.value", "tensor " + info.name() + " " + problem);
  }

  /** Whether a tensor has this type and shape. */
  static void requireForm(TensorInfo info, DType dtype, List<Long> shape) {
    if (info.dtype() != dtype || !info.shape().equals(shape)) {
      throw new FormatException(
          "content.form",
          "tensor "
              + info.name()
              + " is "
              + info.dtype()
              + " "
              + info.shape()
              + " where "
              + dtype
              + " "
              + shape
              + " is due");
    }
  }
}
