package dev.tensafe.model.template;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StrfTimeTest {
  private static final ZoneId OSLO = ZoneId.of("Europe/Oslo");

  /** What {@code strftime.py} wrote with Python 3.11.2 and glibc 2.36. */
  @Test
  void fieldsFlagsAndWidthsAreThoseOfGlibc() throws Exception {
    Path table = Path.of(StrfTimeTest.class.getResource("/strftime.tsv").toURI());
    List<String> lines = Files.readAllLines(table);
    assertEquals(1302, lines.size());
    for (String line : lines) {
      String[] row = line.split("\t", -1);
      String want = row[2].replace("\\n", "\n").replace("\\t", "\t");
      LocalDateTime time = LocalDateTime.parse(row[0]);
      assertEquals(want, StrfTime.format(row[1], time, OSLO), line);
    }
  }

  @Test
  void theTimeIsLocal() {
    Clock clock = Clock.fixed(Instant.parse("2025-12-31T23:30:00Z"), OSLO);
    assertEquals(
        "01 Jan 2026 0:30",
        Template.compile("{{ strftime_now('%d %b %Y %-H:%M') }}", clock).render(Map.of()));
  }
}
