package dev.tensafe.lora.weights;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.Factor;
import dev.tensafe.tssp.content.ContentSink;
import dev.tensafe.tssp.content.ContentTensor;
import dev.tensafe.tssp.content.PartContent;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.ByteBuffer;
import java.util.List;

/** Decrypts the weights of a verified package, piece by piece; they touch no file on the way. */
public final class AdapterReader {
  private AdapterReader() {}

  /**
   * Reads into memory.
   *
   * @return to be closed by the caller
   * @throws dev.tensafe.tssp.TsspException as {@link PartContent#read}
   */
  public static LowRankAdapter read(
      VerifiedPackage verified, RecipientKey key, BaseProjections base, AdapterShape shape) {
    LowRankAdapter adapter = new LowRankAdapter(shape.slots(), shape.modules());
    try {
      PartContent.read(verified, PartKind.WEIGHTS, key, base, new Filler(adapter));
      return adapter;
    } catch (RuntimeException | Error e) {
      adapter.close();
      throw e;
    }
  }

  /**
   * Reads to the end and keeps nothing: finds every fault that {@link #read} would find.
   *
   * @throws dev.tensafe.tssp.TsspException as {@link PartContent#read}
   */
  public static void check(VerifiedPackage verified, RecipientKey key, BaseProjections base) {
    PartContent.read(verified, PartKind.WEIGHTS, key, base, new Discard());
  }

  private record Filler(LowRankAdapter adapter) implements ContentSink {
    @Override
    public void begin(List<ContentTensor> tensors) {}

    @Override
    public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {
      Factor factor =
          switch (tensor.role()) {
            case LORA_A -> Factor.A;
            case LORA_B -> Factor.B;
            default -> throw new IllegalStateException("no part of a PEFT adapter");
          };
      long first = offset / tensor.info().dtype().bytes();
      adapter.put(AdapterSlots.of(tensor.owner()), factor, first, piece);
    }
  }

  private static final class Discard implements ContentSink {
    @Override
    public void begin(List<ContentTensor> tensors) {}

    @Override
    public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {}
  }
}
