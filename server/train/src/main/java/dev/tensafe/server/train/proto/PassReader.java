package dev.tensafe.server.train.proto;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.tensafe.server.train.wire.PassRequest;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.TokenValues;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.command.Command;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * {@code tinker_public.ForwardBackwardRequest}, read field by field. Nothing is allocated beyond
 * what the message's own bytes allow, and messages do not nest in themselves, so a small body
 * cannot grow. Unknown fields are passed over, as protobuf has it. Stateless.
 */
public final class PassReader {
  private static final int MOST_INPUTS = 16;
  private static final int FLOAT32 = 1;
  private static final int INT64 = 2;
  private static final int INT32 = 3;
  private static final int BFLOAT16 = 4;

  private PassReader() {}

  /**
   * Reads a request.
   *
   * @throws TuningException {@code tuning.protobuf} for what is no such message, {@code
   *     tuning.unsupported} for chunks and tensors that are not taken
   */
  public static PassRequest read(byte[] body, boolean onlyForward) {
    try {
      return request(CodedInputStream.newInstance(body), onlyForward);
    } catch (IOException e) {
      throw malformed();
    }
  }

  private static TuningException malformed() {
    return TuningException.invalid(
        "tuning.protobuf", "the body is no tinker_public.ForwardBackwardRequest");
  }

  private static PassRequest request(CodedInputStream in, boolean onlyForward) throws IOException {
    String model = "";
    OptionalLong sequence = OptionalLong.empty();
    List<Datum> data = new ArrayList<>();
    String loss = "";
    Map<String, Double> config = new TreeMap<>();
    boolean forwardOnly = onlyForward;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> model = in.readStringRequireUtf8();
        case 2 -> sequence = OptionalLong.of(in.readInt32());
        case 3 -> {
          if (data.size() == PassRequest.MOST_DATUMS) {
            throw TuningException.invalid(
                "tuning.too_many_datums",
                "a call has at most "
                    + PassRequest.MOST_DATUMS
                    + " datums; send chunks, their gradients add up");
          }
          data.add(datum(in.readBytes().newCodedInput(), data.size()));
        }
        case 4 -> loss = in.readStringRequireUtf8();
        case 5 -> configEntry(in.readBytes().newCodedInput(), config);
        case 6 -> forwardOnly = in.readBool() || onlyForward;
        default -> skip(in, tag);
      }
    }
    return new PassRequest(model, sequence, new Command.Pass(data, loss, config, forwardOnly));
  }

  private static void skip(CodedInputStream in, int tag) throws IOException {
    if (!in.skipField(tag)) {
      throw malformed();
    }
  }

  private static void configEntry(CodedInputStream in, Map<String, Double> config)
      throws IOException {
    String key = "";
    double value = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> key = in.readStringRequireUtf8();
        case 2 -> value = in.readDouble();
        default -> skip(in, tag);
      }
    }
    if (config.size() == MOST_INPUTS) {
      throw malformed();
    }
    config.put(key, value);
  }

  private static Datum datum(CodedInputStream in, int index) throws IOException {
    int[] tokens = new int[0];
    Map<String, TokenValues> inputs = new TreeMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> tokens = joined(tokens, chunk(in.readBytes().newCodedInput(), index));
        case 2 -> {
          if (inputs.size() == MOST_INPUTS) {
            throw malformed();
          }
          input(in.readBytes().newCodedInput(), inputs, index);
        }
        default -> skip(in, tag);
      }
    }
    return new Datum(tokens, inputs);
  }

  private static int[] joined(int[] first, int[] second) {
    int[] out = Arrays.copyOf(first, Math.addExact(first.length, second.length));
    System.arraycopy(second, 0, out, first.length, second.length);
    return out;
  }

  private static int[] chunk(CodedInputStream in, int index) throws IOException {
    int[] tokens = new int[0];
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> tokens = text(in.readBytes().newCodedInput(), index);
        case 2 -> throw unsupported(index, "an image chunk; this model reads text only");
        case 3 -> throw unsupported(index, "a dmel (audio) chunk; this model reads text only");
        default -> skip(in, tag);
      }
    }
    return tokens;
  }

  private static int[] text(CodedInputStream in, int index) throws IOException {
    int[] tokens = new int[0];
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == 1) {
        ByteBuffer raw = little(in.readBytes(), Integer.BYTES, index);
        tokens = new int[raw.remaining() / Integer.BYTES];
        raw.asIntBuffer().get(tokens);
      } else {
        skip(in, tag);
      }
    }
    return tokens;
  }

  private static void input(CodedInputStream in, Map<String, TokenValues> inputs, int index)
      throws IOException {
    String name = "";
    TokenValues values = new TokenValues.Reals(new float[0]);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> name = in.readStringRequireUtf8();
        case 2 -> values = tensor(in.readBytes().newCodedInput(), index);
        default -> skip(in, tag);
      }
    }
    inputs.put(name, values);
  }

  private static TokenValues tensor(CodedInputStream in, int index) throws IOException {
    ByteString dense = ByteString.EMPTY;
    int type = 0;
    long elements = 1;
    int dimensions = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> dense = in.readBytes();
        case 2 -> throw unsupported(index, "a sparse tensor; send it dense");
        case 3 -> type = in.readEnum();
        case 4 -> {
          // packed as proto3 writes it, or one by one
          CodedInputStream shape = in;
          if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            shape = in.readBytes().newCodedInput();
            while (!shape.isAtEnd()) {
              elements = times(elements, shape.readInt64());
              dimensions++;
            }
          } else {
            elements = times(elements, in.readInt64());
            dimensions++;
          }
        }
        default -> skip(in, tag);
      }
    }
    TokenValues values = values(dense, type, index);
    if (dimensions > 0 && elements != values.length()) {
      throw TuningException.invalid(
          "tuning.tensor_shape",
          "datum "
              + index
              + ": a tensor's shape has "
              + elements
              + " elements, its data "
              + values.length());
    }
    return values;
  }

  private static long times(long a, long b) {
    if (b < 0 || (b > 0 && a > Integer.MAX_VALUE / b)) {
      throw malformed();
    }
    return a * b;
  }

  private static TokenValues values(ByteString dense, int type, int index) {
    switch (type) {
      case FLOAT32 -> {
        ByteBuffer raw = little(dense, Float.BYTES, index);
        float[] out = new float[raw.remaining() / Float.BYTES];
        raw.asFloatBuffer().get(out);
        return new TokenValues.Reals(out);
      }
      case BFLOAT16 -> {
        ByteBuffer raw = little(dense, Short.BYTES, index);
        float[] out = new float[raw.remaining() / Short.BYTES];
        for (int i = 0; i < out.length; i++) {
          out[i] = Float.intBitsToFloat(raw.getShort(Short.BYTES * i) << Short.SIZE);
        }
        return new TokenValues.Reals(out);
      }
      case INT64 -> {
        ByteBuffer raw = little(dense, Long.BYTES, index);
        long[] out = new long[raw.remaining() / Long.BYTES];
        raw.asLongBuffer().get(out);
        return new TokenValues.Integers(out);
      }
      case INT32 -> {
        ByteBuffer raw = little(dense, Integer.BYTES, index);
        long[] out = new long[raw.remaining() / Integer.BYTES];
        for (int i = 0; i < out.length; i++) {
          out[i] = raw.getInt(Integer.BYTES * i);
        }
        return new TokenValues.Integers(out);
      }
      default -> throw unsupported(index, "a tensor of the unknown type " + type);
    }
  }

  private static ByteBuffer little(ByteString bytes, int width, int index) {
    if (bytes.size() % width != 0) {
      throw TuningException.invalid(
          "tuning.tensor_shape",
          "datum " + index + ": " + bytes.size() + " bytes are no whole elements of " + width);
    }
    return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static TuningException unsupported(int index, String what) {
    return TuningException.invalid("tuning.unsupported", "datum " + index + " has " + what);
  }
}
