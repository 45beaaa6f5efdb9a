package dev.tensafe.tssp.pack;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.SafetensorsStream;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.content.WeightsPart;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.manifest.PartKind;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The part {@code weights}: the files as they are, every value looked at while it passes. */
final class PlainPart {
  private PlainPart() {}

  static PackageWriter.Source of(PeftDirectory peft, List<RecipientPublicKey> recipients) {
    byte[] prefix = WeightsPart.prefix(peft.configBytes());
    Path file = peft.tensorsPath();
    long size;
    try {
      size = Files.size(file);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read " + file, e);
    }
    return new PackageWriter.Source(
        PartKind.WEIGHTS,
        prefix.length + size,
        recipients,
        out -> {
          out.write(prefix);
          copyChecked(peft, file, size, out);
        });
  }

  private static void copyChecked(PeftDirectory peft, Path file, long size, OutputStream out)
      throws IOException {
    try (InputStream in = new Copying(Files.newInputStream(file), out)) {
      String name = file.getFileName().toString();
      SafetensorsStream stream = SafetensorsStream.open(in, size, name);
      requireUnchanged(peft, stream.tensors());
      stream.readAll(
          (tensor, offset, piece) -> {
            if (!FloatElements.allFinite(tensor.dtype(), piece)) {
              throw new FormatException(
                  "peft.not_finite", tensor.name() + " holds a NaN or an infinity");
            }
          });
      if (in.read() >= 0) {
        throw new TsspException(Reason.INVALID_REQUEST, file + " grew while it was packed");
      }
    }
  }

  /** The file is read a second time here; what was checked the first time must still hold. */
  private static void requireUnchanged(PeftDirectory peft, Map<String, TensorInfo> now) {
    boolean same =
        now.size() == 2 * peft.adapter().modules().size()
            && peft.adapter().modules().stream()
                .allMatch(
                    m ->
                        m.a().equals(now.get(m.a().name())) && m.b().equals(now.get(m.b().name())));
    if (!same) {
      throw new TsspException(
          Reason.INVALID_REQUEST, peft.tensorsPath() + " changed while it was packed");
    }
  }

  /** Passes on what is read from it. */
  private static final class Copying extends FilterInputStream {
    private final OutputStream out;

    Copying(InputStream in, OutputStream out) {
      super(in);
      this.out = out;
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      if (b >= 0) {
        out.write(b);
      }
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      if (count > 0) {
        out.write(bytes, offset, count);
      }
      return count;
    }
  }
}
