package dev.tensafe.he.wire;

import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.tssp.manifest.AdapterModule;
import dev.tensafe.tssp.manifest.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/** The order of the modules of a group: that of the manifest, so that both sides agree. */
public final class GroupLayout {
  private GroupLayout() {}

  /**
   * A module's rows in its group.
   *
   * @param name as in the manifest
   * @param first index of its first row
   * @param rows its rank
   */
  public record Rows(String name, int first, int rows) {}

  /** The group of a module. */
  public static GroupId group(String module) {
    LoraTarget target = LoraTarget.parse(module);
    if (target == null) {
      throw new IllegalArgumentException(module + " is no projection of a decoder layer");
    }
    return new GroupId(target.layer(), target.input().wireId());
  }

  /** As {@link dev.tensafe.formats.peft.LoraTarget#group} names it in packages. */
  public static String name(GroupId id) {
    return "model.layers." + id.layer() + "." + LoraTarget.Input.ofWireId(id.input()).label();
  }

  /**
   * All groups of an adapter.
   *
   * @param rank rows of a module
   */
  public static Map<GroupId, List<Rows>> of(Manifest manifest, ToIntFunction<String> rank) {
    Map<GroupId, List<Rows>> groups = new TreeMap<>();
    for (AdapterModule module : manifest.adapter().modules()) {
      List<Rows> modules = groups.computeIfAbsent(group(module.name()), id -> new ArrayList<>());
      int first = modules.stream().mapToInt(Rows::rows).sum();
      modules.add(new Rows(module.name(), first, rank.applyAsInt(module.name())));
    }
    return groups;
  }
}
