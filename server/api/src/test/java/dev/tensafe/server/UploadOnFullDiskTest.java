package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.testkit.SmallDisk;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose directory of adapters is on a disk that is full, or nearly. */
class UploadOnFullDiskTest {
  private static final int PAGE = 4096;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path directory;

  private static String code(HttpResponse<String> answer) throws IOException {
    return answer.statusCode()
        + " "
        + MAPPER.readTree(answer.body()).path("error").path("code").asText();
  }

  private static HttpResponse<String> ask(TestServer server) throws Exception {
    return server.post(
        "/v1/completions",
        "{\"model\":\"good\",\"prompt\":\"Once\",\"ignore_eos\":true,\"max_tokens\":4}");
  }

  private static List<String> names(Path store) throws IOException {
    List<String> names = new ArrayList<>();
    for (String sub : List.of("incoming", "packages")) {
      try (Stream<Path> files = Files.list(store.resolve(sub))) {
        files.forEach(file -> names.add(sub + "/" + file.getFileName()));
      }
    }
    return names;
  }

  @Test
  void saysThatTheDiskIsFullAndKeepsNothingOfTheUpload() throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    Policy limited =
        new Policy(List.of(), OptionalLong.of(100_000), OptionalLong.empty(), false, false);
    Path good =
        owner.pack(
            "good",
            1,
            owner.peft(1),
            model,
            Mode.PLAIN,
            limited,
            owner.key,
            InstantSource.system());
    List<String> errors = new CopyOnWriteArrayList<>();
    Handler handler = recorder(errors);
    Logger log = Logger.getLogger("dev.tensafe.server.http");
    log.addHandler(handler);
    try (SmallDisk disk = SmallDisk.mount(1024)) {
      Path store = disk.directory().resolve("adapters");
      try (TestServer server =
          TestServer.withAdapters(
              model, null, new TestServer.Adapters(store, owner, 1 << 20, 512))) {
        int failures = 0;
        HttpResponse<String> answer = null;
        // from no space at all to enough: the upload, the index, the versions fail in turn
        for (int pages = 0; answer == null || answer.statusCode() != 201; pages++) {
          disk.fill((long) pages * PAGE);
          answer = server.upload(good);
          if (answer.statusCode() != 201) {
            failures++;
            assertEquals("507 storage_full", code(answer));
            TestServer.await("nothing is left of it", () -> isEmpty(store));
            assertFalse(Files.exists(store.resolve("registry.json")));
          }
        }
        assertTrue(failures > 2, "failures: " + failures);
        assertEquals(failures, errors.stream().filter(e -> e.contains("no space")).count());
        assertEquals(1, names(store).size(), names(store).toString());

        disk.fill(0);
        assertEquals("507 storage_full", code(ask(server)));
        assertEquals("507 storage_full", code(server.delete("/v1/adapters/good")));
        disk.free();
        assertEquals(200, ask(server).statusCode());
        assertEquals(200, server.delete("/v1/adapters/good").statusCode());
      }
    } finally {
      log.removeHandler(handler);
    }
  }

  private static boolean isEmpty(Path store) {
    try {
      return names(store).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private static Handler recorder(List<String> errors) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        if (line.getLevel().intValue() >= Level.SEVERE.intValue()) {
          errors.add(line.getMessage());
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
