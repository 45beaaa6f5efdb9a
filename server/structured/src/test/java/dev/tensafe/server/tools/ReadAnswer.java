package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An answer that was read: its events, joined and not. */
record ReadAnswer(String content, String reasoning, List<Call> calls, List<AnswerEvent> joined) {
  record Call(String id, String name, String arguments, boolean ended) {}

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The tools that the recorded answers call. */
  static final List<Tool> TOOLS =
      List.of(
          tool(
              "get_weather",
              "{'city': {'type': 'string'}, 'days': {'type': 'integer'},"
                  + " 'unit': {'enum': ['C', 'F']}}"),
          tool(
              "search",
              "{'query': {'type': 'string'}, 'limit': {'$ref': '#/$defs/count'},"
                  + " 'filters': {'type': 'object'},"
                  + " 'tags': {'type': 'array', 'items': {'type': 'string'}}}"),
          tool(
              "run-code",
              "{'code': {'type': 'string'}, 'timeout': {'type': 'number'},"
                  + " 'dry': {'type': 'boolean'}}"),
          tool(
              "note_2",
              "{'text': {'anyOf': [{'type': 'string'}, {'type': 'null'}]},"
                  + " 'meta': {'type': ['object', 'null']}}"),
          tool("now", "{}"));

  private static Tool tool(String name, String properties) {
    String schema =
        "{'type': 'object', 'properties': "
            + properties
            + ", '$defs': {'count': {'type': 'integer', 'minimum': 0}}}";
    return Tool.of(name, "what " + name + " does", json(schema.replace('\'', '"')), null, "tool");
  }

  static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (java.io.IOException e) {
      throw new AssertionError("no JSON: " + text, e);
    }
  }

  /** Reads pieces of an answer. */
  static ReadAnswer of(String format, Thinking thinking, List<String> pieces) {
    AnswerParser parser = parser(format, thinking);
    List<AnswerEvent> events = new ArrayList<>();
    pieces.forEach(piece -> events.addAll(parser.feed(piece)));
    events.addAll(parser.end());
    return of(events);
  }

  static AnswerParser parser(String format, Thinking thinking) {
    int[] count = {0};
    return new AnswerParser(
        ToolFormats.named(format).orElseThrow(), TOOLS, thinking, () -> "id-" + count[0]++);
  }

  static ReadAnswer of(List<AnswerEvent> events) {
    StringBuilder content = new StringBuilder();
    StringBuilder reasoning = new StringBuilder();
    List<Call> calls = new ArrayList<>();
    List<AnswerEvent> joined = new ArrayList<>();
    for (AnswerEvent event : events) {
      if (event instanceof AnswerEvent.Content c) {
        content.append(c.text());
      } else if (event instanceof AnswerEvent.Reasoning r) {
        reasoning.append(r.text());
      } else if (event instanceof AnswerEvent.CallBegins b) {
        if (b.index() != calls.size() || (!calls.isEmpty() && !calls.get(b.index() - 1).ended())) {
          throw new AssertionError("call " + b.index() + " of " + calls);
        }
        calls.add(new Call(b.id(), b.name(), "", false));
      } else if (event instanceof AnswerEvent.Arguments a) {
        Call call = open(calls, a.index());
        calls.set(a.index(), new Call(call.id(), call.name(), call.arguments() + a.text(), false));
      } else if (event instanceof AnswerEvent.CallEnds e) {
        Call call = open(calls, e.index());
        calls.set(e.index(), new Call(call.id(), call.name(), call.arguments(), true));
      }
      join(joined, event);
    }
    return new ReadAnswer(content.toString(), reasoning.toString(), calls, joined);
  }

  private static Call open(List<Call> calls, int index) {
    if (index != calls.size() - 1 || calls.get(index).ended()) {
      throw new AssertionError("call " + index + " is not the open one of " + calls);
    }
    return calls.get(index);
  }

  private static void join(List<AnswerEvent> joined, AnswerEvent event) {
    AnswerEvent last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
    AnswerEvent one = null;
    if (last instanceof AnswerEvent.Content a && event instanceof AnswerEvent.Content b) {
      one = new AnswerEvent.Content(a.text() + b.text());
    } else if (last instanceof AnswerEvent.Reasoning a
        && event instanceof AnswerEvent.Reasoning b) {
      one = new AnswerEvent.Reasoning(a.text() + b.text());
    } else if (last instanceof AnswerEvent.Arguments a
        && event instanceof AnswerEvent.Arguments b) {
      one = new AnswerEvent.Arguments(a.index(), a.text() + b.text());
    }
    if (one == null) {
      joined.add(event);
    } else {
      joined.set(joined.size() - 1, one);
    }
  }

  /** Name and arguments of the calls. */
  List<Map.Entry<String, String>> said() {
    return calls.stream().map(call -> Map.entry(call.name(), call.arguments())).toList();
  }
}
