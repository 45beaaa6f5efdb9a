/** The OpenAI wire format: requests in, answers and chunks out. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.openai;
