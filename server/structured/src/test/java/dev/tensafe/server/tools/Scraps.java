package dev.tensafe.server.tools;

import java.util.Random;

/** Random texts made of what calls are made of. */
final class Scraps {
  private static final String[] OF = {
    "<tool_call>",
    "</tool_call>",
    "<tool",
    "<think>",
    "</think>",
    "</thi",
    "\n",
    " ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\\",
    ",",
    ":",
    "=",
    ";",
    "\"name\"",
    "\"arguments\"",
    "\"parameters\"",
    "\"tool_calls\"",
    "\"get_weather\"",
    "get_weather",
    "now",
    "search",
    "\"now\"",
    "unknown",
    "<|python_tag|>",
    "[TOOL_CALLS]",
    "[ARGS]",
    "[CALL_ID]",
    "<function=",
    "</function>",
    "<parameter=",
    "</parameter>",
    ">",
    "city",
    "days",
    "text",
    "filters",
    "tags",
    "null",
    "None",
    "True",
    "false",
    "12",
    "-1.5e3",
    "0x1",
    "é",
    "\ud83d\ude00",
    "\u0000",
    "\\n",
    "\\u00e9",
    "\\x41",
    "<|tool_call_start|>",
    "<|tool_call_end|>",
    "get_weather(",
    "now()",
    "[now(",
    "<function=now>",
    "{\"name\": \"now\", \"arguments\": {",
    "{\"tool_calls\": [{\"name\": \"now\"",
    "<parameter=city>\n",
    "<tool_call>\n{\"name\": \"search\", \"arguments\": {\"query\": \"",
    "[TOOL_CALLS]now[ARGS]{",
    "{\"name\": \"get_weather\", \"parameters\": "
  };

  private Scraps() {}

  static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i >= 0; i--) {
      text.append(OF[random.nextInt(OF.length)]);
    }
    return text.toString();
  }
}
