package dev.tensafe.model.torch;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtModel;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import dev.tensafe.model.ModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The decoder's TorchScript module: source text from this package's resources, compiled at start,
 * its methods called by name. Weights and cache live in the module. Confined to one thread.
 */
final class DecoderScript implements AutoCloseable {
  private static final String SOURCE = "decoder.torchscript";

  // Held strongly: the native module dies with this object.
  private final Model model;
  private final PtSymbolBlock block;
  private final PtNDManager manager;

  DecoderScript() {
    String source = source();
    byte[] archive = new ScriptArchive("Decoder", source, attributes(source)).toBytes();
    model = Model.newInstance("decoder", "PyTorch");
    try {
      ((PtModel) model).load(new ByteArrayInputStream(archive), null);
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new ModelException("model.runtime", "the decoder's script does not compile", e);
    }
    block = (PtSymbolBlock) model.getBlock();
    manager = (PtNDManager) model.getNDManager();
  }

  PtNDManager manager() {
    return manager;
  }

  /** Runs a method for its effect on the module. */
  void run(String method, Object... arguments) {
    call(method, arguments).close();
  }

  /** Runs a method that returns a tensor, which then belongs to {@code owner}. */
  PtNDArray tensor(PtNDManager owner, String method, Object... arguments) {
    try (IValue result = call(method, arguments)) {
      return result.toTensor(owner);
    }
  }

  /** Runs a method that returns tensors, which then belong to {@code owner}. */
  PtNDArray[] tensors(PtNDManager owner, String method, Object... arguments) {
    try (IValue result = call(method, arguments)) {
      return result.toTensorArray(owner);
    }
  }

  private IValue call(String method, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      return IValueUtils.runMethod(block, method, values);
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    } else if (argument instanceof NDList list) {
      return IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
    } else if (argument instanceof Integer number) {
      return IValue.from((long) number);
    } else if (argument instanceof Double number) {
      return IValue.from(number);
    } else if (argument instanceof Boolean flag) {
      return IValue.from(flag);
    }
    throw new IllegalArgumentException("no script value for " + argument.getClass());
  }

  private static String source() {
    try (InputStream in = DecoderScript.class.getResourceAsStream(SOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + SOURCE);
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new ModelException("model.runtime", "cannot read " + SOURCE, e);
    }
  }

  /** Initial values of the attributes the source declares before its first method. */
  private static Map<String, Object> attributes(String source) {
    Map<String, Object> out = new LinkedHashMap<>();
    String head = source.substring(0, source.indexOf("  def "));
    for (String line : head.split("\n", -1)) {
      int colon = line.indexOf(" : ");
      if (colon > 0) {
        out.put(line.substring(0, colon).strip(), initial(line.substring(colon + 3).strip()));
      }
    }
    return out;
  }

  private static Object initial(String type) {
    return switch (type) {
      case "List[Tensor]" -> ScriptArchive.EmptyList.TENSORS;
      case "List[int]" -> ScriptArchive.EmptyList.INTS;
      case "int" -> 0;
      case "float" -> 0.0;
      case "bool" -> false;
      default -> throw new IllegalStateException("no initial value for type " + type);
    };
  }

  @Override
  public void close() {
    model.close();
  }
}
