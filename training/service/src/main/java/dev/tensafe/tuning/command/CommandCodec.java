package dev.tensafe.tuning.command;

import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.TokenValues;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Commands as bytes for the store, which authenticates them. The same command gives the same bytes,
 * so a repeated call is known by its digest. Stateless.
 */
public final class CommandCodec {
  private static final int FORMAT = 1;

  private CommandCodec() {}

  /** The bytes of a command. */
  public static byte[] write(Command command) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeUTF(command.label());
      if (command instanceof Command.Pass pass) {
        out.writeUTF(pass.loss());
        writeNumbers(out, pass.config());
        out.writeInt(pass.data().size());
        for (Datum datum : pass.data()) {
          write(out, datum);
        }
      } else if (command instanceof Command.SampledPass pass) {
        out.writeUTF(pass.dataSet());
        out.writeUTF(pass.loss());
        writeNumbers(out, pass.config());
      } else if (command instanceof Command.Step step) {
        for (OptionalDouble value : numbers(step)) {
          out.writeBoolean(value.isPresent());
          out.writeDouble(value.orElse(0));
        }
        out.writeByte(step.noise().map(noise -> noise ? 1 : 0).orElse(2));
      } else if (command instanceof Command.Save save) {
        writeText(out, save.name());
        writeLong(out, save.ttlSeconds());
        out.writeBoolean(save.overwrite());
        out.writeInt(save.metadata().size());
        for (Map.Entry<String, String> entry : new TreeMap<>(save.metadata()).entrySet()) {
          out.writeUTF(entry.getKey());
          out.writeUTF(entry.getValue());
        }
      } else if (command instanceof Command.Load load) {
        out.writeUTF(load.path());
        out.writeBoolean(load.optimizer());
      } else if (command instanceof Command.Publish publish) {
        writeText(out, publish.name());
        writeLong(out, publish.ttlSeconds());
      }
    } catch (IOException e) {
      // a text beyond 64 KiB: the wire's limits are far below
      throw TuningException.invalid("tuning.too_long", "a text of the call is too long");
    }
    return bytes.toByteArray();
  }

  /**
   * The command of bytes that {@link #write} made.
   *
   * @throws TuningException {@code tuning.store} for others
   */
  public static Command read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readUnsignedByte() != FORMAT) {
        throw new IOException("another format");
      }
      String label = in.readUTF();
      return switch (label) {
        case "create" -> new Command.Create();
        case "unload_model" -> new Command.Unload();
        case "forward", "forward_backward" -> {
          String loss = in.readUTF();
          Map<String, Double> config = readNumbers(in);
          int count = in.readInt();
          List<Datum> data = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            data.add(readDatum(in));
          }
          yield new Command.Pass(data, loss, config, label.equals("forward"));
        }
        case "sampled_forward_backward" ->
            new Command.SampledPass(in.readUTF(), in.readUTF(), readNumbers(in));
        case "optim_step" -> readStep(in);
        case "save_weights" -> {
          Optional<String> name = readText(in);
          Optional<Long> ttl = readLong(in);
          boolean overwrite = in.readBoolean();
          Map<String, String> metadata = new TreeMap<>();
          for (int i = in.readInt(); i > 0; i--) {
            metadata.put(in.readUTF(), in.readUTF());
          }
          yield new Command.Save(name, ttl, overwrite, metadata);
        }
        case "load_weights" -> new Command.Load(in.readUTF(), in.readBoolean());
        case "save_weights_for_sampler" -> new Command.Publish(readText(in), readLong(in));
        default -> throw new IOException("an unknown command");
      };
    } catch (IOException | RuntimeException e) {
      throw new TuningException(
          Kind.FAILED, "tuning.store", "a stored command cannot be read: made by another version?");
    }
  }

  /** A datum as bytes, for data sets that are stored. */
  public static byte[] write(Datum datum) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(out, datum);
    } catch (IOException e) {
      throw new IllegalStateException("memory takes all bytes", e);
    }
    return bytes.toByteArray();
  }

  /**
   * The datum of bytes that {@link #write(Datum)} made.
   *
   * @throws TuningException {@code tuning.store} for others
   */
  public static Datum readDatum(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return readDatum(in);
    } catch (IOException | RuntimeException e) {
      throw new TuningException(
          Kind.FAILED, "tuning.store", "a stored example cannot be read: made by another version?");
    }
  }

  private static void write(DataOutputStream out, Datum datum) throws IOException {
    ByteBuffer tokens = ByteBuffer.allocate(datum.tokens().length * Integer.BYTES);
    tokens.asIntBuffer().put(datum.tokens());
    out.writeInt(datum.tokens().length);
    out.write(tokens.array());
    out.writeInt(datum.inputs().size());
    for (Map.Entry<String, TokenValues> entry : new TreeMap<>(datum.inputs()).entrySet()) {
      out.writeUTF(entry.getKey());
      if (entry.getValue() instanceof TokenValues.Integers integers) {
        long[] values = integers.values();
        ByteBuffer raw = ByteBuffer.allocate(values.length * Long.BYTES);
        raw.asLongBuffer().put(values);
        out.writeByte(Long.BYTES);
        out.writeInt(values.length);
        out.write(raw.array());
      } else if (entry.getValue() instanceof TokenValues.Reals reals) {
        float[] values = reals.values();
        ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES);
        raw.asFloatBuffer().put(values);
        out.writeByte(Float.BYTES);
        out.writeInt(values.length);
        out.write(raw.array());
      }
    }
  }

  private static Datum readDatum(DataInputStream in) throws IOException {
    int[] tokens = new int[in.readInt()];
    bytes(in, tokens.length, Integer.BYTES).asIntBuffer().get(tokens);
    Map<String, TokenValues> inputs = new TreeMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      String name = in.readUTF();
      int width = in.readUnsignedByte();
      int count = in.readInt();
      ByteBuffer raw = bytes(in, count, width);
      if (width == Long.BYTES) {
        long[] values = new long[count];
        raw.asLongBuffer().get(values);
        inputs.put(name, new TokenValues.Integers(values));
      } else {
        float[] values = new float[count];
        raw.asFloatBuffer().get(values);
        inputs.put(name, new TokenValues.Reals(values));
      }
    }
    return new Datum(tokens, inputs);
  }

  private static ByteBuffer bytes(DataInputStream in, int count, int width) throws IOException {
    byte[] raw = new byte[Math.multiplyExact(count, width)];
    in.readFully(raw);
    return ByteBuffer.wrap(raw);
  }

  private static List<OptionalDouble> numbers(Command.Step step) {
    return List.of(
        step.rate(), step.beta1(), step.beta2(), step.eps(), step.weightDecay(), step.clip());
  }

  private static Command readStep(DataInputStream in) throws IOException {
    OptionalDouble[] values = new OptionalDouble[6];
    for (int i = 0; i < values.length; i++) {
      boolean there = in.readBoolean();
      double value = in.readDouble();
      values[i] = there ? OptionalDouble.of(value) : OptionalDouble.empty();
    }
    int noise = in.readUnsignedByte();
    return new Command.Step(
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
        noise == 2 ? Optional.empty() : Optional.of(noise == 1));
  }

  private static void writeNumbers(DataOutputStream out, Map<String, Double> numbers)
      throws IOException {
    out.writeInt(numbers.size());
    for (Map.Entry<String, Double> entry : new TreeMap<>(numbers).entrySet()) {
      out.writeUTF(entry.getKey());
      out.writeDouble(entry.getValue());
    }
  }

  private static Map<String, Double> readNumbers(DataInputStream in) throws IOException {
    Map<String, Double> out = new TreeMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      out.put(in.readUTF(), in.readDouble());
    }
    return out;
  }

  private static void writeText(DataOutputStream out, Optional<String> text) throws IOException {
    out.writeBoolean(text.isPresent());
    out.writeUTF(text.orElse(""));
  }

  private static Optional<String> readText(DataInputStream in) throws IOException {
    boolean there = in.readBoolean();
    String text = in.readUTF();
    return there ? Optional.of(text) : Optional.empty();
  }

  private static void writeLong(DataOutputStream out, Optional<Long> value) throws IOException {
    out.writeBoolean(value.isPresent());
    out.writeLong(value.orElse(0L));
  }

  private static Optional<Long> readLong(DataInputStream in) throws IOException {
    boolean there = in.readBoolean();
    long value = in.readLong();
    return there ? Optional.of(value) : Optional.empty();
  }
}
