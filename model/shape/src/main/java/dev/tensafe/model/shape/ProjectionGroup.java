package dev.tensafe.model.shape;

import java.util.ArrayList;
import java.util.List;

/** The projections of one layer that read one input {@code x[tokens, in]}. */
public record ProjectionGroup(
    int layer, ProjectionKind.GroupKind kind, int in, List<Projection> projections) {
  public ProjectionGroup {
    projections = List.copyOf(projections);
  }

  /** The groups of one layer in the order of the forward pass. */
  public static List<ProjectionGroup> ofLayer(ModelConfig config, int layer) {
    List<ProjectionGroup> groups = new ArrayList<>();
    for (ProjectionKind.GroupKind group : ProjectionKind.GroupKind.values()) {
      List<Projection> members = new ArrayList<>();
      for (ProjectionKind kind : ProjectionKind.values()) {
        if (kind.group() == group) {
          members.add(new Projection(layer, kind, in(config, kind), out(config, kind)));
        }
      }
      groups.add(new ProjectionGroup(layer, group, members.get(0).in(), members));
    }
    return groups;
  }

  private static int in(ModelConfig config, ProjectionKind kind) {
    return switch (kind) {
      case Q, K, V, GATE, UP -> config.hiddenSize();
      case O -> config.querySize();
      case DOWN -> config.intermediateSize();
    };
  }

  private static int out(ModelConfig config, ProjectionKind kind) {
    return switch (kind) {
      case Q -> config.querySize();
      case K, V -> config.keyValueSize();
      case O, DOWN -> config.hiddenSize();
      case GATE, UP -> config.intermediateSize();
    };
  }
}
