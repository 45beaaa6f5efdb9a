package dev.tensafe.tssp.content;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.PeftAdapter;
import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.tssp.content.ContentTensor.Role;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.AdapterModule;
import dev.tensafe.tssp.manifest.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The part {@code weights}: u32 length of the configuration, adapter_config.json, then
 * adapter_model.safetensors, as PEFT wrote them.
 */
public final class WeightsPart {
  private WeightsPart() {}

  /** Bytes before the safetensors document. */
  public static long prefixLength(int configLength) {
    return 4L + configLength;
  }

  /** The prefix itself. */
  public static byte[] prefix(byte[] config) {
    return ByteBuffer.allocate(4 + config.length).putInt(config.length).put(config).array();
  }

  /** The manifest's description of an adapter. */
  public static AdapterDescription describe(PeftAdapter adapter) {
    return new AdapterDescription(
        adapter.config().rank(),
        adapter.config().alpha(),
        adapter.config().rslora(),
        adapter.dtype().name(),
        adapter.parameters(),
        adapter.modules().stream().map(WeightsPart::describe).toList());
  }

  /** The manifest's description of a module. */
  public static AdapterModule describe(LoraModule module) {
    return new AdapterModule(module.name(), module.rank(), module.alpha());
  }

  static byte[] readConfig(InputStream in, long length) throws IOException {
    byte[] prefix = in.readNBytes(4);
    long count = prefix.length < 4 ? -1 : Integer.toUnsignedLong(ByteBuffer.wrap(prefix).getInt());
    if (count < 0 || count > PeftDirectory.MAX_CONFIG_BYTES || count > length - 4) {
      throw new FormatException("content.form", "the configuration's length does not fit the part");
    }
    byte[] config = in.readNBytes((int) count);
    if (config.length != count) {
      throw new FormatException("content.form", "the part ends inside the configuration");
    }
    return config;
  }

  static List<ContentTensor> resolve(
      Manifest manifest, byte[] config, Map<String, TensorInfo> tensors, BaseProjections base) {
    PeftAdapter adapter = PeftAdapter.resolve(PeftConfig.parse(config), tensors, base);
    if (!same(describe(adapter), manifest.adapter())) {
      throw new FormatException(
          "content.adapter", "the adapter is not the one its manifest describes");
    }
    List<ContentTensor> list = new ArrayList<>();
    for (LoraModule module : adapter.modules()) {
      list.add(new ContentTensor(module.name(), Role.LORA_A, module.a()));
      list.add(new ContentTensor(module.name(), Role.LORA_B, module.b()));
    }
    return list;
  }

  /** Equality, where 1 and 1.0 are the same alpha. */
  private static boolean same(AdapterDescription a, AdapterDescription b) {
    boolean modules = a.modules().size() == b.modules().size();
    for (int i = 0; modules && i < a.modules().size(); i++) {
      AdapterModule left = a.modules().get(i);
      AdapterModule right = b.modules().get(i);
      modules =
          left.name().equals(right.name())
              && left.rank() == right.rank()
              && left.alpha().compareTo(right.alpha()) == 0;
    }
    return modules
        && a.rank() == b.rank()
        && a.alpha().compareTo(b.alpha()) == 0
        && a.rslora() == b.rslora()
        && a.dtype().equals(b.dtype())
        && a.parameters() == b.parameters();
  }
}
