/** OpenAI's Responses API: requests to chats, and answers from messages. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.responses;
