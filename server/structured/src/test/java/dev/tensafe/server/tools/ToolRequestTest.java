package dev.tensafe.server.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ToolRequestTest {
  private static final String TWO =
      "'tools': [{'type': 'function', 'function': {'name': 'f', 'description': 'does f', 'strict':"
          + " true, 'parameters': {'type': 'object', 'properties': {'a': {'type': 'string'}}}}},"
          + " {'type': 'function', 'function': {'name': 'g-2_X'}}]";

  private static JsonNode body(String fields) {
    return ReadAnswer.json(("{" + fields + "}").replace('\'', '"'));
  }

  private static ToolRequest parse(String fields) {
    return ToolRequest.parse(body(fields));
  }

  private static void refused(String code, String field, String fields) {
    ToolException e = assertThrows(ToolException.class, () -> parse(fields), fields);
    assertEquals(field, e.field(), fields);
    assertEquals(code, e.code(), fields);
    assertTrue(e.description().startsWith("'" + field + "'"), e.description());
  }

  @Test
  void toolsAreRead() {
    ToolRequest request = parse(TWO);
    Tool f = request.tools().get(0);
    assertEquals("f", f.name());
    assertEquals("does f", f.description());
    assertEquals(Boolean.TRUE, f.strict());
    assertEquals("string", f.parameters().at("/properties/a/type").asText());
    Tool g = request.tools().get(1);
    assertEquals("g-2_X", g.name());
    assertNull(g.description());
    assertNull(g.strict());
    assertEquals(body("'type': 'object', 'properties': {}"), g.parameters());
    assertEquals(ToolChoice.Mode.AUTO, request.choice().mode());
    assertTrue(request.parallel());
    assertTrue(request.mayCall());
    assertFalse(request.deprecated());
    assertEquals(2, request.callable().size());
  }

  @Test
  void whatSaysNothingIsNothing() {
    for (String none : List.of("", "'tools': null", "'tools': []", "'functions': []")) {
      assertFalse(parse(none).mayCall(), none);
    }
    assertFalse(parse("'tool_choice': 'none', 'parallel_tool_calls': false").mayCall());
    assertEquals(
        ToolChoice.Mode.NONE, parse("'tool_choice': 'none', 'tools': null").choice().mode());
  }

  @Test
  void choicesAreRead() {
    assertFalse(parse(TWO + ", 'tool_choice': 'none'").mayCall());
    ToolRequest required = parse(TWO + ", 'tool_choice': 'required'");
    assertEquals(ToolChoice.Mode.REQUIRED, required.choice().mode());
    assertEquals(2, required.callable().size());
    ToolRequest named =
        parse(TWO + ", 'tool_choice': {'type': 'function', 'function': {'name': 'g-2_X'}}");
    assertEquals(new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of("g-2_X")), named.choice());
    assertEquals("g-2_X", named.callable().get(0).name());
    ToolRequest allowed =
        parse(
            TWO
                + ", 'parallel_tool_calls': false, 'tool_choice': {'type': 'allowed_tools',"
                + " 'allowed_tools': {'mode': 'auto', 'tools':"
                + " [{'type': 'function', 'function': {'name': 'f'}}]}}");
    assertEquals(new ToolChoice(ToolChoice.Mode.AUTO, Set.of("f")), allowed.choice());
    assertFalse(allowed.parallel());
  }

  @Test
  void deprecatedNamesAreTranslated() {
    String functions = "'functions': [{'name': 'f', 'parameters': {'type': 'object'}}]";
    ToolRequest request = parse(functions);
    assertEquals("f", request.tools().get(0).name());
    assertTrue(request.deprecated());
    assertFalse(request.parallel());
    assertEquals(
        new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of("f")),
        parse(functions + ", 'function_call': {'name': 'f'}").choice());
    assertFalse(parse(functions + ", 'function_call': 'none'").mayCall());
    refused("invalid_value", "function_call", functions + ", 'function_call': 'required'");
    refused("invalid_value", "function_call.name", functions + ", 'function_call': {'name': 'g'}");
    refused(
        "missing_required_parameter", "function_call.name", functions + ", 'function_call': {}");
    refused("invalid_value", "functions", functions + ", " + TWO);
    refused("missing_required_parameter", "functions[0].name", "'functions': [{}]");
  }

  @Test
  void whatIsWrongIsNamed() {
    refused("invalid_type", "tools", "'tools': {}");
    refused("invalid_type", "tools[0]", "'tools': [1]");
    refused("missing_required_parameter", "tools[0].type", "'tools': [{}]");
    refused("unsupported_parameter", "tools[0].type", "'tools': [{'type': 'custom'}]");
    refused("invalid_type", "tools[0].type", "'tools': [{'type': 7}]");
    refused("missing_required_parameter", "tools[0].function", "'tools': [{'type': 'function'}]");
    for (String name : List.of("", "a b", "é", "x".repeat(65), "a.b", "a\\nb")) {
      refused(
          "invalid_value",
          "tools[0].function.name",
          "'tools': [{'type': 'function', 'function': {'name': '" + name + "'}}]");
    }
    for (String schema : List.of("5", "true", "'object'", "[1]")) {
      refused(
          "invalid_type",
          "tools[0].function.parameters",
          "'tools': [{'type': 'function', 'function': {'name': 'f', 'parameters': "
              + schema
              + "}}]");
    }
    refused(
        "invalid_value",
        "tools[0].function.parameters",
        "'tools': [{'type': 'function', 'function': {'name': 'f', 'parameters': {'type':"
            + " 'array'}}}]");
    refused(
        "invalid_type",
        "tools[0].function.strict",
        "'tools': [{'type': 'function', 'function': {'name': 'f', 'strict': 'yes'}}]");
    refused("invalid_type", "parallel_tool_calls", TWO + ", 'parallel_tool_calls': 1");
    refused("invalid_value", "tool_choice", TWO + ", 'tool_choice': 'any'");
    refused("invalid_type", "tool_choice", TWO + ", 'tool_choice': 3");
    refused("invalid_type", "tool_choice", TWO + ", 'tool_choice': []");
    refused("invalid_type", "parallel_tool_calls", TWO + ", 'parallel_tool_calls': []");
    refused(
        "unsupported_parameter",
        "tool_choice.mode",
        TWO + ", 'tool_choice': {'type': 'function', 'function': {'name': 'a'}, 'mode': 'auto'}");
    refused("invalid_value", "tool_choice", "'tool_choice': 'required'");
    refused("missing_required_parameter", "tool_choice.type", TWO + ", 'tool_choice': {}");
    refused(
        "unsupported_parameter", "tool_choice.type", TWO + ", 'tool_choice': {'type': 'custom'}");
    refused(
        "invalid_value",
        "tool_choice.function.name",
        TWO + ", 'tool_choice': {'type': 'function', 'function': {'name': 'h'}}");
    refused(
        "invalid_value",
        "tool_choice.allowed_tools.mode",
        TWO + ", 'tool_choice': {'type': 'allowed_tools', 'allowed_tools': {'mode': 'none'}}");
    refused(
        "invalid_type",
        "tool_choice.allowed_tools.tools",
        TWO + ", 'tool_choice': {'type': 'allowed_tools', 'allowed_tools': {'mode': 'auto'}}");
  }

  private static String many(int count, boolean same) {
    return IntStream.range(0, count)
        .mapToObj(i -> "{'type': 'function', 'function': {'name': 'f" + (same ? 0 : i) + "'}}")
        .collect(Collectors.joining(",", "'tools': [", "]"));
  }

  @Test
  void thereAreLimits() {
    assertEquals(128, parse(many(128, false)).tools().size());
    refused("invalid_value", "tools", many(129, false));
    refused("invalid_value", "tools[1]", many(2, true));
  }
}
