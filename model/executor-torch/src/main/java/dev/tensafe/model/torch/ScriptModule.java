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
import ai.djl.pytorch.jni.JniUtils;
import dev.tensafe.model.shape.ModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A TorchScript module: source text from the resources beside a class, compiled at start, its
 * methods called by name. What it is given to keep lives in the module. For one thread at a time.
 */
public final class ScriptModule implements AutoCloseable {
  // Held strongly: the native module dies with this object.
  private final Model model;
  private final PtSymbolBlock block;
  private final PtNDManager manager;

  /**
   * Compiles a module; {@link TorchRuntime#start} comes first.
   *
   * @param name the class that the source defines
   * @param beside the class beside whose resources {@code resource} lies
   * @throws ModelException {@code model.runtime} when it does not compile
   */
  public ScriptModule(String name, Class<?> beside, String resource) {
    String source = source(beside, resource);
    byte[] archive = new ScriptArchive(name, source, attributes(source)).toBytes();
    model = Model.newInstance(name, "PyTorch");
    try {
      ((PtModel) model).load(new ByteArrayInputStream(archive), null);
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new ModelException("model.runtime", resource + " does not compile", e);
    }
    block = (PtSymbolBlock) model.getBlock();
    manager = (PtNDManager) model.getNDManager();
  }

  /** Owns tensors that live as long as the module. */
  public PtNDManager manager() {
    return manager;
  }

  /** Runs a method for its effect on the module. */
  public void run(String method, Object... arguments) {
    call(method, arguments).close();
  }

  /** Runs a method that returns a tensor, which then belongs to {@code owner}. */
  public PtNDArray tensor(PtNDManager owner, String method, Object... arguments) {
    try (IValue result = call(method, arguments)) {
      return result.toTensor(owner);
    }
  }

  /** Runs a method that returns tensors, which then belong to {@code owner}. */
  public PtNDArray[] tensors(PtNDManager owner, String method, Object... arguments) {
    try (IValue result = call(method, arguments)) {
      return result.toTensorArray(owner);
    }
  }

  /**
   * Runs the method {@code forward}, which returns a tensor, with autograd recording what leads
   * from tensors that require gradients to it. Other methods run without.
   *
   * @param arguments at least one; the result belongs to the first one's owner
   */
  public PtNDArray recorded(PtNDArray... arguments) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(true);
    try {
      return (PtNDArray) IValueUtils.forward(block, new NDList(arguments), true).singletonOrThrow();
    } finally {
      JniUtils.setGradMode(before);
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

  private static String source(Class<?> beside, String resource) {
    try (InputStream in = beside.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + resource);
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new ModelException("model.runtime", "cannot read " + resource, e);
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
