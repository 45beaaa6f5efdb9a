package dev.tensafe.server.train.wire;

import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.TokenValues;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.command.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** {@code forward_backward} and {@code forward} in JSON. Stateless. */
public final class PassJson {
  private static final List<String> INPUTS = List.of("forward_backward_input", "forward_input");

  private PassJson() {}

  /**
   * Reads a request; the fields of its input may stand beside the others or in an object of their
   * own.
   *
   * @throws TuningException {@code tuning.field}, {@code tuning.too_many_datums}, {@code
   *     tuning.unsupported}
   */
  public static PassRequest read(WireFields body, boolean onlyForward) {
    Optional<String> nested = INPUTS.stream().filter(body::has).findFirst();
    WireFields input = nested.map(body::object).orElse(body);
    boolean forwardOnly =
        onlyForward
            || body.optionalFlag("forward_only")
                .orElse(nested.isPresent() && nested.get().equals("forward_input"));
    List<Datum> data = new ArrayList<>();
    List<WireFields> datums = input.objects("data", Integer.MAX_VALUE);
    if (datums.size() > PassRequest.MOST_DATUMS) {
      throw TuningException.invalid(
          "tuning.too_many_datums",
          "a call has at most "
              + PassRequest.MOST_DATUMS
              + " datums; send chunks, their gradients add up");
    }
    for (WireFields datum : datums) {
      data.add(datum(datum));
    }
    return new PassRequest(
        body.text("model_id"),
        sequence(body),
        new Command.Pass(
            data, input.text("loss_fn"), input.numbers("loss_fn_config"), forwardOnly));
  }

  /** The place of a call among those of its model. */
  public static OptionalLong sequence(WireFields body) {
    return body.optionalLong("seq_id", 0, Integer.MAX_VALUE);
  }

  /** One example. */
  public static Datum datum(WireFields datum) {
    int[] tokens = tokens(datum.object("model_input"));
    WireFields given = datum.object("loss_fn_inputs");
    Map<String, TokenValues> inputs = new TreeMap<>();
    for (String name : given.names()) {
      inputs.put(name, tensor(given.object(name)));
    }
    return new Datum(tokens, inputs);
  }

  /**
   * The tokens of a prompt or an input, chunk by chunk.
   *
   * @throws TuningException {@code tuning.unsupported} for chunks that are no text
   */
  public static int[] tokens(WireFields input) {
    int[] out = new int[0];
    for (WireFields chunk : input.objects("chunks", 65_536)) {
      String type = chunk.optionalText("type").orElse("encoded_text");
      if (!type.equals("encoded_text")) {
        throw TuningException.invalid(
            "tuning.unsupported", "a chunk is no encoded_text; this model reads text only");
      }
      long[] wide = chunk.longs("tokens");
      int before = out.length;
      out = Arrays.copyOf(out, Math.addExact(before, wide.length));
      for (int i = 0; i < wide.length; i++) {
        if (wide[i] < 0 || wide[i] > Integer.MAX_VALUE) {
          throw chunk.error("tokens", "a list of token ids");
        }
        out[before + i] = (int) wide[i];
      }
    }
    return out;
  }

  private static TokenValues tensor(WireFields tensor) {
    TokenValues values =
        switch (tensor.optionalText("dtype").orElse("float32")) {
          case "int64", "int32" -> new TokenValues.Integers(tensor.longs("data"));
          case "float32", "bfloat16" -> new TokenValues.Reals(tensor.floats("data"));
          default -> throw tensor.error("dtype", "int64, int32, float32 or bfloat16");
        };
    if (tensor.has("sparse_crow_indices") || tensor.has("sparse_col_indices")) {
      throw TuningException.invalid("tuning.unsupported", "a tensor is sparse; send it dense");
    }
    if (tensor.has("shape")) {
      long elements = 1;
      for (long length : tensor.longs("shape")) {
        elements *= Math.max(0, Math.min(length, Integer.MAX_VALUE));
        if (elements > Integer.MAX_VALUE) {
          break;
        }
      }
      if (elements != values.length()) {
        throw tensor.error("shape", "of as many elements as 'data'");
      }
    }
    return values;
  }
}
