package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.EncryptedHook;
import dev.tensafe.he.client.PublicPart;
import dev.tensafe.he.client.Verification;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.LocalHost;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An adapter host in the model host's process: no tag, the same computation. Also over channels
 * that cannot be read with a deadline, as those of TLS cannot.
 */
class EmbeddedTest {
  @TempDir Path directory;

  /** A host whose connections have one way to receive only. */
  private record WithoutDeadlines(LocalHost host) implements LocalHost {
    @Override
    public FrameChannel connect() {
      return new ForwardingChannel(host.connect()) {
        @Override
        public boolean timed() {
          return false;
        }
      };
    }

    @Override
    public Served serve(VerifiedPackage verified) {
      return host.serve(verified);
    }

    @Override
    public int poolLevel() {
      return host.poolLevel();
    }

    @Override
    public int poolCapacity() {
      return host.poolCapacity();
    }

    @Override
    public void close() {
      host.close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void answersComeFromThisProcess(boolean timed) throws Exception {
    Random random = new Random(2);
    Setting.Options options = Setting.Options.of(Setting.config(Profile.FAST, 1L << 28));
    try (Setting setting = new Setting(directory, options)) {
      LocalHost host =
          new EmbeddedHost(
              new AdapterHost(
                  setting.adapterHost,
                  TokenMeter.embedded(InstantSource.system()),
                  HostLimits.standard()));
      try (EncryptedAdapters embedded =
          EncryptedAdapters.embedded(
              setting.modelHost,
              setting.base,
              setting.model.layers(),
              options.config(),
              timed ? host : new WithoutDeadlines(host))) {
        PublicPart part = embedded.load(setting.verified());
        embedded.listen(setting.listener);
        setting.hook =
            new EncryptedHook(handle -> handle == Setting.HANDLE ? part : null, embedded, false);
        for (int i = 0; i < 50; i++) {
          Setting.Step step =
              setting.step(
                  setting.inputs(3, random),
                  List.of(new Setting.Share(1, 2), new Setting.Share(10 + i, 1)));
          assertEquals(Map.of(), step.failures());
          setting.hook.ended(10 + i);
        }
        assertEquals(Verification.EMBEDDED, embedded.verification(part.digest()));
        assertEquals(List.of(), setting.listener.deviations);
        part.close();
      }
    }
  }
}
