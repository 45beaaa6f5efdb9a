package dev.tensafe.model.torch;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript archive in memory: a stored zip of one class in TorchScript source and the
 * initial values of its attributes. It is how operators that DJL's array API lacks are reached
 * without Python.
 *
 * <p>Source: PyTorch, torch/csrc/jit/docs/serialization.md (layout) and Python's pickletools
 * (opcodes).
 */
final class ScriptArchive {
  private final ByteArrayOutputStream state = new ByteArrayOutputStream();
  private final String className;
  private final String source;

  /**
   * @param className the class defined by {@code source}
   * @param source TorchScript in the form the serialiser writes
   */
  ScriptArchive(String className, String source, Map<String, Object> attributes) {
    this.className = className;
    this.source = source;
    pickleModule(attributes);
  }

  /** The archive's bytes, ready to be loaded as a module. */
  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "data.pkl", state.toByteArray());
      store(zip, "code/__torch__.py", source.getBytes(UTF_8));
      // protocol 2, empty tuple, stop: no constants
      store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "version", "10\n".getBytes(US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry("archive/" + name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private void pickleModule(Map<String, Object> attributes) {
    state.write(0x80);
    state.write(2);
    global("__torch__", className);
    state.write(')');
    state.write(0x81);
    state.write('}');
    state.write('(');
    attributes.forEach(
        (name, value) -> {
          string(name);
          value(value);
        });
    state.write('u');
    state.write('b');
    state.write('.');
  }

  private void value(Object value) {
    if (value instanceof Boolean b) {
      state.write(b ? 0x88 : 0x89);
    } else if (value instanceof Integer i) {
      state.write('J');
      state.writeBytes(ByteBuffer.allocate(4).putInt(Integer.reverseBytes(i)).array());
    } else if (value instanceof Double d) {
      state.write('G');
      state.writeBytes(ByteBuffer.allocate(8).putDouble(d).array());
    } else if (value instanceof EmptyList list) {
      global("torch.jit._pickle", list.builder);
      state.write('(');
      state.write(']');
      state.write('t');
      state.write('R');
    } else {
      throw new IllegalArgumentException("no pickle form for " + value.getClass());
    }
  }

  private void global(String module, String name) {
    state.write('c');
    state.writeBytes((module + "\n" + name + "\n").getBytes(US_ASCII));
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    state.write('X');
    state.writeBytes(ByteBuffer.allocate(4).putInt(Integer.reverseBytes(bytes.length)).array());
    state.writeBytes(bytes);
  }

  /** An empty typed list, by the function that rebuilds it. */
  enum EmptyList {
    TENSORS("build_tensorlist"),
    INTS("build_intlist");

    private final String builder;

    EmptyList(String builder) {
      this.builder = builder;
    }
  }
}
