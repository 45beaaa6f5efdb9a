package dev.tensafe.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class QuotedTest {
  @Test
  void whatWouldReachATerminalIsReplacedAndLongValuesAreCut() {
    assertEquals("'abc'", Quoted.of("abc"));
    assertEquals("'größe 東京 😀'", Quoted.of("größe 東京 😀"));
    assertEquals("'a?[31m?b'", Quoted.of("a\u001b[31m\nb"));
    assertEquals("'?x?'", Quoted.of("\u202ex\ud800"));
    assertEquals("'" + "😀".repeat(80) + "…'", Quoted.of("😀".repeat(81)));
  }
}
