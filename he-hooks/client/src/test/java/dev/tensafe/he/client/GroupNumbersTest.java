package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.model.shape.ProjectionKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The model's groups and the packages' are numbered alike. */
class GroupNumbersTest {
  @ParameterizedTest
  @EnumSource
  void aProjectionIsInTheGroupThatItsNameSays(ProjectionKind kind) {
    assertEquals(
        GroupLayout.group("model.layers.7." + kind.moduleName()).input(), kind.group().wireId());
  }
}
