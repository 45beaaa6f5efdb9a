package dev.tensafe.he.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.FormatException;
import dev.tensafe.he.HeException;
import dev.tensafe.nativelib.ckks.Packing;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A group on the wire: docs/HE-PROTOCOL.md, "group id". */
class GroupIdTest {
  @ParameterizedTest
  @CsvSource({
    "self_attn.q_proj,0",
    "self_attn.k_proj,0",
    "self_attn.v_proj,0",
    "self_attn.o_proj,1",
    "mlp.gate_proj,2",
    "mlp.up_proj,2",
    "mlp.down_proj,3"
  })
  void aModuleHasTheNumberOfItsGroup(String module, int input) {
    GroupId group = GroupLayout.group("model.layers.258." + module);
    assertEquals(new GroupId(258, input), group);
    ByteBuffer out = ByteBuffer.allocate(EvaluationMessages.Evaluate.BYTES);
    new EvaluationMessages.Evaluate(1, 2, group, 3).encode(out);
    assertArrayEquals(new byte[] {1, 2, (byte) input, 0}, Arrays.copyOfRange(out.array(), 12, 16));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 77, 255})
  void anUnknownInputIsAMalformedMessage(int input) {
    ByteBuffer evaluate = ByteBuffer.allocate(EvaluationMessages.Evaluate.BYTES);
    new EvaluationMessages.Evaluate(1, 2, new GroupId(3, 1), 3).encode(evaluate);
    refused(() -> EvaluationMessages.Evaluate.decode(evaluate.put(14, (byte) input).flip()));
    ByteBuffer prepared = ByteBuffer.allocate(EvaluationMessages.Prepared.BYTES);
    new EvaluationMessages.Prepared(1, new GroupId(3, 1), 2).encode(prepared);
    refused(() -> EvaluationMessages.Prepared.decode(prepared.put(6, (byte) input).flip()));
    ByteBuffer opened =
        new AdapterMessages.Opened(
                1,
                List.of(
                    new AdapterMessages.Group(
                        new GroupId(3, 1), 8, 8, List.of(new Packing(1, 1)), false)))
            .encode();
    AdapterMessages.Opened.decode(opened.duplicate());
    refused(() -> AdapterMessages.Opened.decode(opened.put(8, (byte) input)));
  }

  private static void refused(Executable decode) {
    HeException e = assertThrows(HeException.class, decode);
    assertEquals(HeException.Reason.PROTOCOL, e.reason());
  }

  @Test
  void aLayerThatNoMessageCanNameIsRefused() {
    String module = "model.layers.65536.mlp.up_proj";
    FormatException e = assertThrows(FormatException.class, () -> GroupLayout.group(module));
    assertEquals("peft.layer", e.code());
  }
}
