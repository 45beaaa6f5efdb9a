package dev.tensafe.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.decoder.DecoderException;
import dev.tensafe.nativelib.lora.LowRankException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Native code names a reason by its place: both sides list the same ones in the same order. */
class ReasonOrderTest {
  private static final Pattern CODE =
      Pattern.compile("^ *k([A-Za-z]+) = (\\d+),", Pattern.MULTILINE);

  /** Names of the native enumerators as Java writes them; they count from 0. */
  private static List<String> nativeNames(String part) throws IOException {
    Matcher code = CODE.matcher(Files.readString(Path.of("src/main/cpp", part, "errors.hpp")));
    List<String> names = new ArrayList<>();
    while (code.find()) {
      assertEquals(names.size(), Integer.parseInt(code.group(2)), part);
      names.add(code.group(1).replaceAll("(?<=.)([A-Z])", "_$1").toUpperCase(Locale.ROOT));
    }
    return names;
  }

  private static void assertSame(String part, Enum<?>[] reasons) throws IOException {
    assertEquals(nativeNames(part), Arrays.stream(reasons).map(Enum::name).toList(), part);
  }

  @Test
  void reasonsAreTheNativeCodesInTheirOrder() throws IOException {
    assertSame("base", NativeException.Reason.values());
    assertSame("ckks", CkksException.Reason.values());
    assertSame("lora", LowRankException.Reason.values());
    assertSame("decoder", DecoderException.Reason.values());
  }
}
