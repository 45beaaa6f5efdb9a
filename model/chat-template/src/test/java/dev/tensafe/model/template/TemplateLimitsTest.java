package dev.tensafe.model.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateLimitsTest {
  private static String render(String source) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("m", List.of(Map.of("role", "user", "content", "x".repeat(10_000))));
    return Template.compile(source, Clock.systemUTC()).render(variables);
  }

  private static TemplateException fails(String source) {
    return assertThrows(TemplateException.class, () -> render(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ 'x' * 999999999 }}",
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% for i in range(100000) %}{{ m[0].content }}{% endfor %}",
        "{{ range(10**9) }}",
        "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = ns.s.replace('a', 'aaaa') %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = ns.s|replace('', 'aaaa') %}{% endfor %}",
        "{% for i in range(100000) %}{{ m[0].content.split('') if false }}{% for c in m[0].content %}{% endfor %}{% endfor %}",
      })
  void nothingRunsOrGrowsWithoutEnd(String source) {
    assertEquals("template.limit", fails(source).code());
  }

  @Test
  void whatIsUndefinedSortsAndReversesToNothing() {
    assertEquals("[]", render("{{ nothing|sort }}"));
    assertEquals("[]", render("{{ nothing|reverse|list }}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "template.unsupported;include;{% include 'x' %}",
        "template.unsupported;extends;{% extends 'x' %}",
        "template.unsupported;recursive;{% for a in b recursive %}{% endfor %}",
        "template.unsupported;xmlattr;{{ m|xmlattr }}",
        "template.unsupported;odd_thing;{{ m is odd_thing }}",
        "template.unsupported;format;{{ 'a'.format(1) }}",
        "template.unsupported;append;{{ m.append(1) }}",
        "template.limit;1000;{{ strftime_now('%1001d') }}",
        "template.unsupported;loop.nope;{% for a in m %}{{ loop.nope }}{% endfor %}",
        "template.syntax;line 1;{% if %}",
        "template.syntax;closed;{{ 'a",
        "template.syntax;closed;{% if true %}",
        "template.syntax;closed;{# x",
        "template.syntax;loop;{% break %}",
        "template.error;nothing;{{ nothing.x }}",
        "template.error;nothing;{{ nothing + 1 }}",
        "template.error;callable;{{ m() }}",
        "template.raised;no way;{{ raise_exception('no way') }}",
      })
  void whatIsNotSupportedIsNamed(String code, String named, String source) {
    TemplateException e = fails(source);
    assertEquals(code, e.code(), e.description());
    assertTrue(e.description().contains(named), e.description());
  }

  @Test
  void deepNestingIsRefused() {
    assertEquals("template.syntax", fails("{{ " + "(".repeat(100_000)).code());
    assertEquals("template.syntax", fails("{% if true %}".repeat(100_000)).code());
    assertEquals("template.syntax", fails("{{ " + "not ".repeat(100_000) + "1 }}").code());
    assertEquals("template.syntax", fails("{{ " + "-".repeat(100_000) + "1 }}").code());
  }

  @Test
  void noInputMakesItFailInAnyOtherWay() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String[] parts = {
      "{{",
      "}}",
      "{%",
      "%}",
      "{#",
      "#}",
      "-",
      "+",
      " if ",
      " for ",
      " in ",
      " else ",
      " endif ",
      " endfor ",
      " set ",
      "=",
      "m",
      "[",
      "]",
      "(",
      ")",
      ".",
      "|",
      "tojson",
      "'a'",
      "1",
      "0",
      "-1",
      ":",
      ",",
      "~",
      "%",
      "//",
      "**",
      "*",
      " is ",
      "defined",
      " not ",
      "loop",
      "x",
      "\n",
      " macro ",
      " endmacro ",
      " raw ",
      " endraw ",
      "{",
      "}",
      "length",
      "sort",
      "items",
      "join",
      "[::-1]"
    };
    for (int round = 0; round < 50_000; round++) {
      StringBuilder source = new StringBuilder();
      for (int i = random.nextInt(24); i >= 0; i--) {
        source.append(parts[random.nextInt(parts.length)]);
      }
      try {
        render(source.toString());
      } catch (TemplateException expected) {
        assertTrue(expected.code().startsWith("template."));
      } catch (RuntimeException e) {
        throw new AssertionError("template: " + source, e);
      }
    }
  }
}
