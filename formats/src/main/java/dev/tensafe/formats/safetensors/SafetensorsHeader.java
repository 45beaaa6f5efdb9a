package dev.tensafe.formats.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses the JSON header of a safetensors file and checks it against the size of the data section:
 * every tensor lies inside, sizes agree with shapes, and the tensors tile the section without gap
 * or overlap, as the format demands (huggingface/safetensors, "Format").
 */
final class SafetensorsHeader {
  private static final int MAX_DIMENSIONS = 16;

  private SafetensorsHeader() {}

  /** Checks the length field against what is left of the file behind it. */
  static void requireLength(long headerBytes, long max, long left, String file) {
    if (headerBytes < 2 || headerBytes > max) {
      throw new FormatException(
          "safetensors.header",
          file + " claims a header of " + headerBytes + " bytes; 2 to " + max + " are allowed");
    }
    if (headerBytes > left) {
      throw new FormatException(
          "safetensors.truncated",
          file + " claims a header of " + headerBytes + " bytes but has only " + left);
    }
  }

  record Parsed(Map<String, TensorInfo> tensors, Map<String, String> metadata) {}

  static Parsed parse(byte[] json, long dataBytes, String file) {
    JsonNode root = Json.parseObject(json, "the header of " + file, "safetensors");
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getKey().equals("__metadata__")) {
        for (Map.Entry<String, JsonNode> item : entry.getValue().properties()) {
          if (!item.getValue().isTextual()) {
            throw bad(file, "metadata value of '" + item.getKey() + "' is not a string");
          }
          metadata.put(item.getKey(), item.getValue().textValue());
        }
      } else {
        tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), dataBytes, file));
      }
    }
    checkTiling(tensors, dataBytes, file);
    return new Parsed(tensors, metadata);
  }

  private static TensorInfo tensor(String name, JsonNode node, long dataBytes, String file) {
    if (!node.isObject() || !node.path("dtype").isTextual()) {
      throw bad(file, "entry '" + name + "' has no dtype");
    }
    DType dtype = DType.parse(node.path("dtype").textValue(), name);
    JsonNode dims = node.path("shape");
    if (!dims.isArray() || dims.size() > MAX_DIMENSIONS) {
      throw bad(file, "entry '" + name + "' has no shape of at most " + MAX_DIMENSIONS + " sizes");
    }
    List<Long> shape = new ArrayList<>();
    long elements = 1;
    for (JsonNode dim : dims) {
      if (!dim.isIntegralNumber() || !dim.canConvertToLong() || dim.longValue() < 0) {
        throw bad(file, "entry '" + name + "' has the size " + dim + "; sizes are whole and ≥ 0");
      }
      shape.add(dim.longValue());
      try {
        elements = Math.multiplyExact(elements, dim.longValue());
      } catch (ArithmeticException e) {
        throw bad(file, "entry '" + name + "' has a shape too large to address");
      }
    }
    JsonNode offsets = node.path("data_offsets");
    if (!offsets.isArray()
        || offsets.size() != 2
        || !offsets.get(0).isIntegralNumber()
        || !offsets.get(1).isIntegralNumber()
        || !offsets.get(0).canConvertToLong()
        || !offsets.get(1).canConvertToLong()) {
      throw bad(file, "entry '" + name + "' has no pair of data_offsets");
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    if (begin < 0 || end < begin || end > dataBytes) {
      throw new FormatException(
          "safetensors.truncated",
          file
              + ": tensor "
              + name
              + " lies at bytes "
              + begin
              + " to "
              + end
              + " but the file holds only "
              + dataBytes
              + " data bytes");
    }
    if (elements > Long.MAX_VALUE / 8 || end - begin != elements * dtype.bytes()) {
      throw bad(
          file,
          "tensor "
              + name
              + " of shape "
              + shape
              + " and dtype "
              + dtype
              + " cannot have "
              + (end - begin)
              + " bytes");
    }
    return new TensorInfo(name, dtype, shape, begin, end);
  }

  private static void checkTiling(Map<String, TensorInfo> tensors, long dataBytes, String file) {
    List<TensorInfo> sorted = new ArrayList<>(tensors.values());
    sorted.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    long at = 0;
    for (TensorInfo info : sorted) {
      if (info.begin() != at) {
        throw bad(
            file,
            "tensor "
                + info.name()
                + " begins at byte "
                + info.begin()
                + " where byte "
                + at
                + " was due (gap or overlap)");
      }
      at = info.end();
    }
    if (at != dataBytes) {
      throw bad(file, (dataBytes - at) + " bytes after the last tensor belong to none");
    }
  }

  private static FormatException bad(String file, String message) {
    return new FormatException("safetensors.header", file + ": " + message);
  }
}
