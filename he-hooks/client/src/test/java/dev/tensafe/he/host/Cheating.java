package dev.tensafe.he.host;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.lang.reflect.Field;
import java.util.Map;

/** Makes an adapter host compute with other weights than those it was given. */
public final class Cheating {
  private Cheating() {}

  /** Adds to one weight of a group's first row, before anybody has the adapter open. */
  public static void add(
      AdapterHost host, VerifiedPackage verified, GroupId group, int column, int difference) {
    try {
      Field field = SealedPart.class.getDeclaredField("sealed");
      field.setAccessible(true);
      @SuppressWarnings("unchecked")
      Map<GroupId, SealedPart.Weights> sealed =
          (Map<GroupId, SealedPart.Weights>) field.get(host.find(verified.digest()));
      SealedPart.Weights of = sealed.get(group);
      of.values().put(column, of.values().get(column) + difference);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
